"""The installer's words, in the language of the locale. It has its own table: it runs before anything is installed."""

import os
from typing import Mapping

JAPANESE = {
    "Installs Toban from this file, without a network.": "ネットワークを使わず、このファイルから Toban を導入します。",
    "folder to install into; each version has its own folder in it": "導入先のフォルダー（版ごとのフォルダーをその中に作る）",
    "folder for the command `toban`": "コマンド `toban` を置くフォルダー",
    "only check that the bundle is whole": "ファイルが壊れていないかだけを調べる",
    "install the same version again": "同じ版を入れ直す",
    "Toban {version} needs Python {least} or newer; this is {actual}.": "Toban {version} には Python {least} 以上が必要です（実行中は {actual}）。",
    "None was found on PATH. Install one (RHEL, Amazon Linux: dnf install python3.11; Debian, Ubuntu: apt install python3), or run: /path/to/python3.11 {bundle}": "PATH に見つかりません。導入する（RHEL・Amazon Linux: dnf install python3.11、Debian・Ubuntu: apt install python3）か、次を実行してください: /path/to/python3.11 {bundle}",
    "This bundle is for {held}; this is {actual}. Run it with one of these, or make a bundle for this one: make bundle": "このファイルは {held} 用です（この環境は {actual}）。該当する環境で実行するか、この環境用のファイルを作ってください: make bundle",
    "This bundle needs glibc {needed} or newer; this system has {actual}.": "このファイルには glibc {needed} 以上が必要です（この環境は {actual}）。",
    "another C library": "別の C ライブラリー",
    "{python} lacks the module {module}. Install what is missing (Debian, Ubuntu: apt install python3-venv), or run: /path/to/python3 {bundle}": "{python} にモジュール {module} がありません。導入する（Debian・Ubuntu: apt install python3-venv）か、別の Python で実行してください: /path/to/python3 {bundle}",
    "The bundle is damaged: {name} is not the file that was packed. Copy it again, and compare: sha256sum {bundle}": "ファイルが壊れています: {name} が作成時と違います。コピーし直し、sha256sum {bundle} を比べてください。",
    "The bundle names a file or version that no bundle holds: {name}. Do not use it; nothing was changed.": "作成時にはない名前のファイルまたは版が含まれています: {name}。このファイルは使わないでください。何も変わっていません。",
    "checking {count} files": "{count} ファイルを確認中",
    "whole: {count} files are as they were packed": "{count} ファイルすべて作成時のとおりです",
    "This shows damage, not who packed it; compare: sha256sum {bundle}": "分かるのは破損だけで、作成者は分かりません。sha256sum {bundle} を比べてください。",
    "installing into {folder}": "{folder} に導入中",
    "No home folder is known; name the folders with --to and --bin.": "ホームフォルダーが分かりません。--to と --bin で指定してください。",
    "{folder} is there already and was not installed by a bundle; choose another folder with --to.": "{folder} はすでにあり、このファイルで導入したものではありません。--to で別のフォルダーを指定してください。",
    "Another installation into {folder} is running; nothing was changed.": "{folder} への導入がほかで実行中です。何も変わっていません。",
    "Toban {version} is installed already: {command}. To install it again: --again": "Toban {version} は導入済みです: {command}。入れ直すには --again を付けてください。",
    "Toban {version} was installed already; {link} leads to it now.": "Toban {version} は導入済みでした。{link} をこの版に切り替えました。",
    "The earlier copy stays in {folder}. Once no console runs from it: rm -r {folder}": "前の導入先 {folder} は残してあります。使っているコンソールがなくなったら: rm -r {folder}",
    "{link} is there already and was not made by a bundle; choose another folder with --bin.": "{link} はすでにあり、このファイルで作ったものではありません。--bin で別のフォルダーを指定してください。",
    "The folder {folder} cannot be written ({why}); choose another with --to and --bin.": "フォルダー {folder} に書き込めません（{why}）。--to と --bin で別の場所を指定してください。",
    "All users may write into {folder} and could replace what is installed. Forbid it (chmod o-w), or choose another folder with --to and --bin.": "{folder} にはすべての利用者が書き込めるため、導入したものを差し替えられるおそれがあります。書き込みを禁止する（chmod o-w）か、--to と --bin で別のフォルダーを指定してください。",
    "{folder} belongs to another user, who could replace what is installed; choose another folder with --to and --bin.": "{folder} はほかの利用者のもので、導入したものを差し替えられるおそれがあります。--to と --bin で別のフォルダーを指定してください。",
    "Other users cannot run it: they may not enter {folder}. For them, install it elsewhere (--to, --bin), or with a Python that all may run, such as /usr/bin/python3.": "ほかの利用者は {folder} に入れないため、実行できません。使わせるには、別の場所（--to、--bin）に導入するか、全員が実行できる Python（/usr/bin/python3 など）で導入してください。",
    "Installing failed; nothing was changed:": "導入に失敗しました。何も変わっていません:",
    "Interrupted. What was installed before still works; run this again.": "中断しました。導入済みのものはそのまま動きます。もう一度実行してください。",
    "Toban {version} is installed ({seconds} s).": "Toban {version} を導入しました（{seconds} 秒）。",
    "Next:  {command} demo      a made-up AWS, to try it out": "次に:  {command} demo      内蔵の AWS で試す",
    "       {command} doctor    this machine, its credentials, its permissions": "       {command} doctor    この環境・認証情報・権限を調べる",
    "{folder} is not in PATH; add it: export PATH={quoted}:$PATH": "{folder} は PATH にありません。加えるには: export PATH={quoted}:$PATH",
    "{path} comes before it in PATH and stays another `toban`.": "PATH では {path} が先にあり、そちらの `toban` が動きます。",
}


class Refusal(Exception):
    """Why nothing was installed, in words."""


def is_japanese(environment: Mapping[str, str]) -> bool:
    """Whether to write Japanese: as in the console, unless the environment names English; C.UTF-8 names no language."""
    chosen = environment.get("TOBAN_LANG", "")
    if chosen in ("ja", "en"):
        return chosen == "ja"
    named = next((environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), "")
    return not named.lower().startswith("en")


def translated(text: str) -> str:
    return JAPANESE.get(text, text) if is_japanese(os.environ) else text
