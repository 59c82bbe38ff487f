// Shows each cast in the player that was installed when the site was built.
for (const element of document.querySelectorAll(".cast")) {
  AsciinemaPlayer.create(element.dataset.cast, element, { idleTimeLimit: 2, fit: "width", terminalFontFamily: "monospace" });
}
