"""Lines with secrets, form by form, and lines without any, by which the masking of secrets is judged.

Templates (`secret_forms.txt`, `harmless_forms.txt`): `‹kind›` or `‹kind:escape›` is a secret, `«…»` must remain readable, `§name` is filled in, `⏎` is a newline,
`⇥` a tab. Form and secret are marked with private characters until the text has been wrapped (in JSON, in a query …),
so that the secret is known as it stands in the text.
"""

import base64
import json
import random
import re
import string
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape as xml

ALNUM = string.ascii_letters + string.digits
FILLS: dict[str, str] = {
    "word": "hunter2 letmein sakura natsu2024 admin123 qwerty changeit P@ssw0rd toor tiger welcome1 password1 Secret123 iloveyou "
    "dragon monkey7 shiyakusho toukyo2020 Passw0rd! root1234 summer correct-horse kanri fuyu#2025 abc123 test1 secret trustno1 "
    "himawari88 Haru2026! zaimu#01 yakuba1234 Kuma-mon5 football1 sunshine Kanri@2026 fujisan3776 baseball9 Start123 Shinsei_2027",
    "japanese": "さくら咲く2026 合言葉は山川 富士山３７７６ ひみつ市役所 青い空と海9 秘密の花園 ｶﾀｶﾅ123 春夏秋冬Pw! 夕焼け小焼け77 みかん畑でつかまえて 桜吹雪＃12",
    "unicode": "pässwörd€9 naïve–Zürich ключ2026 contraseña¡9 🔑fox🔑42 Ünïcødé77",
    "user": "app_rw ysato staff-api tanaka.k batch01 readonly svc_report kanri2 webadmin",
    "host": "db01.internal api.city.example.jp 10.20.30.40 mail.pref.example.lg.jp staff-db.cluster-c1x.ap-northeast-1.rds.amazonaws.com",
    "db": "residents staffdb juki tax2026 portal",
    "svc": "staff-api portal-web batch-tax juki-sync auth-gw",
    "KEY": "DB_PASSWORD PGPASSWORD MYSQL_ROOT_PASSWORD REDIS_PASSWORD JWT_SECRET SECRET_KEY_BASE API_KEY AWS_SECRET_ACCESS_KEY "
    "SMTP_PASS GITHUB_TOKEN DATADOG_API_KEY CLIENT_SECRET ENCRYPTION_KEY APP_KEY_PASSPHRASE LDAP_BIND_PW SLACK_BOT_TOKEN MYSQL_PWD",
    "key": "password passwd pwd pass db_password smtp_password api_key secret client_secret access_token refresh_token auth_token "
    "private_key encryption_key signing_key secret_key_base passphrase user_password bind_password webhook_secret admin-password api-key",
    "ckey": "password dbPassword userPassword clientSecret accessToken refreshToken apiKey secretKey passPhrase masterPassword "
    "authToken idToken secretAccessKey signingKey newPassword bindPassword appSecret privateKey",
    "jkey": "パスワード 仮パスワード 初期パスワード ログインパスワード 管理者パスワード 新パスワード パスフレーズ 秘密鍵 APIキー アクセストークン 暗証番号",
    "sep": "=;: ; = ; : ;:;=>; => ; -> ;→;：;＝;:=; := ;==;|; | ",
    "header": "Authorization X-API-Key X-Auth-Token X-Vault-Token X-Amz-Security-Token X-CSRF-Token Proxy-Authorization Private-Token",
    "say": "connect failed;retrying with;config loaded;接続に失敗しました;設定を読み込みました;ログイン要求を受信;認証エラー",
    "path": "/api/v1/residents /login /healthz /static/app.3f2a9c.js /reports/2026/11 /admin/users/41 /申請/一覧",
    "status": "200 201 204 301 304 400 401 403 404 409 429 500 502 503",
    "region": "ap-northeast-1 ap-northeast-3 us-east-1",
    "acct": "123456789013 210987654321 482913746158",  # no valid My Number among them
    "level": "INFO WARN ERROR DEBUG",
}
WIDE = {"sep", "say"}  # their values are separated by ";"


def clock(rng: random.Random) -> str:
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"


MADE: dict[str, Callable[[random.Random], object]] = {
    "ip": lambda rng: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
    "n": lambda rng: rng.randint(1, 9999),
    "uuid": lambda rng: uuid.UUID(int=rng.getrandbits(128), version=4),
    "ts": lambda rng: (
        f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}T{clock(rng)}.{rng.randint(0, 999):03}Z"
    ),
    "time": lambda rng: f"2026-11-{rng.randint(1, 28):02} {clock(rng)}",
    "clf": lambda rng: f"{rng.randint(1, 28):02}/Nov/2026:{clock(rng)} +0900",
    "ms": lambda rng: 1_764_000_000_000 + rng.randint(0, 9_999_999_999),
    "b64": lambda rng: base64.b64encode(rng.randbytes(54)).decode(),
}


def fill(name: str, rng: random.Random) -> str:
    if name.startswith("hex"):
        return f"{rng.getrandbits(4 * int(name[3:])):0{int(name[3:])}x}"
    if name in MADE:
        return str(MADE[name](rng))
    return rng.choice(FILLS[name].split(";" if name in WIDE else " "))


def run(rng: random.Random, alphabet: str, least: int, most: int = 0) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(least, most or least)))


def talk(rng: random.Random) -> str:
    """A value that begins and ends with a letter or digit, so that it is told from the sentence around it."""
    pick = rng.random()
    if pick < 0.4:
        return re.sub(r"\W+$", "", fill("word", rng)) + rng.choice(["", "", run(rng, string.digits, 1, 4)])
    if pick < 0.6:
        return run(rng, ALNUM, 6, 20)
    return rng.choice(ALNUM) + run(rng, ALNUM + "!#%^*+-_.~?@/$", 4, 18) + rng.choice(ALNUM)


def bare(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.55:
        return talk(rng) + rng.choice(["", "", "", "!", "#1", "$"])
    if pick < 0.65:
        return run(rng, string.hexdigits.lower(), 32, 64)
    if pick < 0.75:
        return run(rng, ALNUM + "+/", 40)
    if pick < 0.85:
        return run(rng, ALNUM, 2, 4)
    if pick < 0.95:
        return base64.b64encode(rng.randbytes(rng.randint(8, 32))).decode()
    return fill("word", rng)


def quoted_value(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.4:
        return bare(rng)
    if pick < 0.55:
        return fill("japanese", rng)
    if pick < 0.65:
        return fill("unicode", rng)
    if pick < 0.75:
        return " ".join(fill("word", rng) for _ in range(rng.randint(2, 4)))
    return rng.choice(ALNUM) + run(rng, ALNUM + "\"'\\,;:&=<>{}[]()|` @#", 5, 16) + rng.choice(ALNUM)


def jwt(rng: random.Random) -> str:
    claims = json.dumps({"sub": run(rng, string.digits, 6), "exp": 1764000000}).encode()
    return ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (claims, rng.randbytes(32))
    )


def pem(rng: random.Random) -> str:
    return "\n".join(run(rng, ALNUM + "+/", 64) for _ in range(rng.randint(3, 8)))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "bare": bare,
    "talk": talk,
    "any": quoted_value,
    "plain": lambda rng: re.sub(r"[\"'\\`<>]", "", quoted_value(rng)),  # in quotes that nothing escapes
    "ja": lambda rng: fill("japanese", rng),
    "line": lambda rng: " ".join(fill("word", rng) for _ in range(rng.randint(1, 3))),
    "pin": lambda rng: run(rng, string.digits, 4, 6),
    "widepin": lambda rng: run(rng, "０１２３４５６７８９", 4, 6),
    "uuid": lambda rng: fill("uuid", rng),
    "hex": lambda rng: fill("hex32", rng),
    "hex64": lambda rng: fill("hex64", rng),
    "b64": lambda rng: base64.b64encode(rng.randbytes(rng.randint(9, 24))).decode(),
    "b64long": lambda rng: base64.b64encode(rng.randbytes(rng.randint(90, 200))).decode(),
    "aws": lambda rng: run(rng, ALNUM + "+/", 40),
    "key36": lambda rng: run(rng, ALNUM, 36),
    "key24": lambda rng: run(rng, ALNUM, 24),
    "kubeadm": lambda rng: (
        run(rng, string.digits + "abcdefghijklmnopqrstuvwxyz", 6)
        + "."
        + run(rng, string.digits + "abcdefghijklmnopqrstuvwxyz", 16)
    ),
    "digits": lambda rng: run(rng, string.digits, 12),
    "url": lambda rng: quote(talk(rng), safe="!$*+-_.~"),
    "basic": lambda rng: base64.b64encode(f"{fill('user', rng)}:{talk(rng)}".encode()).decode(),
    "plainauth": lambda rng: base64.b64encode(f"\0{fill('user', rng)}\0{talk(rng)}".encode()).decode(),
    "bcrypt": lambda rng: run(rng, ALNUM + "./", 53),
    "jwt": jwt,
    "pem": pem,
}
ESCAPES: dict[str, Callable[[str], str]] = {
    "": str,
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "ascii": lambda text: json.dumps(text)[1:-1],
    "py": lambda text: (
        text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    ),
    "sql": lambda text: text.replace("'", "''"),
    "csv": lambda text: text.replace('"', '""'),
    "sh": lambda text: text.replace("'", "'\\''"),
    "xml": xml,
    "attr": lambda text: xml(text, {'"': "&quot;"}),
    "url": lambda text: quote(text, safe="-_.~"),
    "indent": lambda text: text.replace("\n", "\n    "),
    "b64": lambda text: base64.b64encode(text.encode()).decode(),
}


HERE = Path(__file__).parent
OPENED, CLOSED, STAY, STAYED = "\ue000", "\ue001", "\ue002", "\ue003"
NAMES = re.compile("§(hex[0-9]+|" + "|".join(sorted([*FILLS, *MADE], key=len, reverse=True)) + ")")
MARK = re.compile("([\ue000-\ue003])")


def forms(name: str) -> dict[str, str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return dict(line.split(" | ", 1) for line in lines)


SECRETS, HARMLESS = forms("secret_forms.txt"), forms("harmless_forms.txt")
WRAPS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    # escape; templates in either language; templates in Japanese
    "log": (
        "",
        (
            "§time,§n ERROR [§svc] com.city.app.Main - ⌂",
            "§ts DEBUG 1 --- [nio-8080-exec-3] o.s.web.servlet.DispatcherServlet : ⌂",
            "[§time] production.«ERROR»: ⌂",
            "§ts⇥§uuid⇥INFO⇥⌂",
            "Nov 12 04:11:09 web1 §svc[§n]: ⌂",
            "level=WARN ts=§ts caller=main.go:§n ⌂",
        ),
        ("§time 警告 §svc 接続処理: ⌂", "[§time]［エラー］⌂"),
    ),
    "json": (
        "json",
        (
            '{"level":"«ERROR»","logger":"§svc","message":"⌂","requestId":"«§uuid»"}',
            '{"log":"⌂\\n","stream":"«stdout»","time":"§ts"}',
            '{"Records":[{"messageId":"§uuid","body":"⌂","attributes":{"ApproximateReceiveCount":"1"}}]}',
        ),
        ('{"時刻":"§time","重要度":"エラー","本文":"⌂"}',),
    ),
    "ascii": ("ascii", ('{"severity": "«ERROR»", "service": "§svc", "event": "⌂"}',), ()),
    "list": (
        "json",
        ('["«started»","⌂","§svc"]', '{"events":[{"id":§n,"text":"«ok»"},{"id":§n,"text":"⌂"}]}'),
        (),
    ),
    "repr": ("py", ("args=('§svc', '⌂', §n)", "['«ok»', '⌂']"), ("処理結果: ['正常', '⌂']",)),
    "logfmt": ("json", ('time=§ts level=«error» msg="⌂" svc=§svc',), ()),
    "yaml": ("indent", ("event:⏎  level: «error»⏎  message: |⏎    ⌂",), ("事象:⏎  内容: |⏎    ⌂",)),
    "xml": (
        "xml",
        ("<event><level>«ERROR»</level><data>⌂</data></event>",),
        ("<事象><内容>⌂</内容></事象>",),
    ),
    "attribute": ("attr", ('<record level="«ERROR»" text="⌂"/>',), ()),
    "cdata": ("", ("<log><![CDATA[⌂]]></log>",), ()),
    "query": (
        "url",
        ("GET /collect?svc=§svc&msg=⌂&level=«error» HTTP/1.1", "https://log.example.jp/put?data=⌂"),
        (),
    ),
    "trace": (
        "",
        (
            "java.lang.IllegalStateException: ⌂⏎⇥at com.city.App.run(App.java:§n)⏎⇥at «java.lang.Thread.run»(Thread.java:840)",
            'Traceback (most recent call last):⏎  File "/app/main.py", line §n, in «handler»⏎RuntimeError: ⌂',
        ),
        (),
    ),
    "sentence": (
        "",
        ("The log of «§svc» says: “⌂”", "<§user> look at this: ```⌂```", "> ⌂"),
        ("§svcのログに「⌂」と出ています。", "担当者より：次の行が記録されました。⏎⌂", "【障害報告】⌂"),
    ),
}
ONCE = {"query", "xml", "attribute", "cdata"}
ONE_LINE = ("log", "json", "ascii", "list", "repr", "logfmt", "sentence")


def render(template: str, rng: random.Random) -> str:
    """The template with everything filled in and its secrets and stays between marks."""
    text = NAMES.sub(lambda match: fill(match[1], rng), template)
    text = text.replace("⏎", "\n").replace("⇥", "\t").replace("«", STAY).replace("»", STAYED)

    def secret(match: re.Match[str]) -> str:
        kind, _, way = match[1].partition(":")
        return OPENED + ESCAPES[way](KINDS[kind](rng)) + CLOSED

    return re.sub("‹([^›]+)›", secret, text)


def wrap(text: str, nesting: int, rng: random.Random, names: list[str]) -> str:
    japanese = rng.random() < 0.5
    used: set[str] = set()
    for _ in range(nesting):
        outside = re.sub(f"{OPENED}[^{CLOSED}]*{CLOSED}|[\ue000-\ue003]", "", text)
        name = rng.choice([name for name in names if name not in used & ONCE])
        if (name == "query" and ("\n" in text or not outside.isascii())) or (
            name == "cdata" and "]]>" in text
        ):
            name = "json"
        used.add(name)
        way, either, ja = WRAPS[name]
        outer = render(rng.choice(ja if japanese and ja else either), rng)
        text = outer.replace(
            "⌂", "".join(part if MARK.match(part) else ESCAPES[way](part) for part in MARK.split(text))
        )
    return text


def secrets(seed: int, count: int, only: list[str] | None = None) -> Iterator[dict[str, Any]]:
    rng = random.Random(seed)
    names = only or list(SECRETS)
    for number in range(count):
        form = names[number % len(names)]
        nesting = rng.choices(range(5), (30, 30, 20, 12, 8))[0]
        text = wrap(render(SECRETS[form], rng), nesting, rng, list(WRAPS))
        outside = re.sub(f"{OPENED}[^{CLOSED}]*{CLOSED}", "", text)
        yield {
            "id": f"{seed}-{number}",
            "form": form,
            "nesting": nesting,
            "lang": "ja" if re.search("[ぁ-ヿ一-鿿！-ﾟ]", outside) else "en",
            "text": MARK.sub("", text),
            "secrets": re.findall(f"{OPENED}([^{CLOSED}]*){CLOSED}", text),
            "stays": sorted(set(re.findall(f"{STAY}([^{STAYED}]*){STAYED}", text))),
        }


def harmless(seed: int, count: int, only: list[str] | None = None) -> Iterator[str]:
    rng = random.Random(seed)
    names = only or list(HARMLESS)
    for _ in range(count):
        text = render(HARMLESS[rng.choice(names)], rng)
        yield MARK.sub("", wrap(text, rng.choices(range(3), (40, 40, 20))[0], rng, list(ONE_LINE))).replace(
            "\n", " "
        )


def write(folder: Path) -> None:
    lines = (json.dumps(item, ensure_ascii=False) + "\n" for item in secrets(2, 6_000))
    (folder / "secrets.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "harmless.txt").write_text(
        "".join(line + "\n" for line in harmless(4, 100_000)), encoding="utf-8"
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]))
