// Shows each cast in the player that was installed when the site was built.
for (const element of document.querySelectorAll(".cast")) {
  AsciinemaPlayer.create(element.dataset.cast, element, {
    fit: "width", idleTimeLimit: 2, poster: "npt:0:08", preload: true, terminalFontFamily: "monospace",
  });
}
