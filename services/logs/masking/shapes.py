"""Secrets that their own form or their place tells, whatever is written beside them: keys of services, headers, URLs, commands."""

import re
from collections.abc import Iterable, Iterator

from services.logs.masking.kinds import AWS_KEY, HEADER, PASSWORD, PRIVATE_KEY, SLACK, TOKEN, MaskSpan, words
from services.logs.masking.values import UNIT, is_sign

_SERVICE_KEYS = (
    r"gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|gl(?:pat|ptt|dt|rt|soat|cbt)-[A-Za-z0-9_.=-]{20,100}"
    r"|AIza[A-Za-z0-9_-]{30,64}|ya29\.[A-Za-z0-9_.-]{20,400}|1//0[A-Za-z0-9_-]{20,100}|GOCSPX-[A-Za-z0-9_-]{20,60}"
    r"|[sr]k[_-](?:live_|test_|proj-|ant-|svcacct-|or-)?[A-Za-z0-9_-]{20,250}|whsec_[A-Za-z0-9+/=]{16,100}|npm_[A-Za-z0-9]{30,60}"
    r"|pypi-[A-Za-z0-9_-]{40,250}|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{16,80}|do[opr]_v1_[0-9a-f]{40,80}|hf_[A-Za-z0-9]{30,60}"
    r"|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{24,64}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,60}|EAAA[A-Za-z0-9_-]{50,100}|hv[sbr]\.[A-Za-z0-9_-]{20,250}|glsa_[A-Za-z0-9_]{30,60}"
    r"|dckr_pat_[A-Za-z0-9_-]{20,60}|ATATT[A-Za-z0-9_=-]{40,250}|lin_api_[A-Za-z0-9]{30,60}|xkeysib-[0-9a-f]{40,80}-[A-Za-z0-9]{10,30}|key-[0-9a-f]{32}|tskey-[a-z]+-[A-Za-z0-9-]{16,80}"
    r"|\d{8,10}:AA[A-Za-z0-9_-]{30,40}|NRAK-[A-Z0-9]{20,40}|AGE-SECRET-KEY-1[A-Z0-9]{40,70}|PMAK-[0-9a-f]{20,30}-[0-9a-f]{30,40}|dapi[0-9a-f]{32}|SK[0-9a-f]{32}"
)
_SERVICE_HINTS = tuple(words(
    "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- glptt- gldt- glrt- glsoat- glcbt- AIza ya29. 1//0 GOCSPX sk_ sk- rk_ rk- whsec_ npm_ pypi- SG. _v1_ hf_ shp "
    "sq0 EAAA hvs. hvb. hvr. glsa_ dckr_pat_ ATATT lin_api_ xkeysib- key- :AA NRAK- AGE-SECRET-KEY PMAK- dapi SK"
))  # fmt: skip
_SHAPES = (
    (("-----BEGIN ",), PRIVATE_KEY, re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<value>.*?)(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|\Z)", re.DOTALL)),
    (("Private-Lines",), PRIVATE_KEY, re.compile(r"Private-Lines: \d{1,4}\s+(?P<value>(?:[A-Za-z0-9+/=]+(?:\s+|\Z)(?!Private-MAC))+)")),
    (("AKIA", "ASIA"), AWS_KEY, re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,20}(?![A-Za-z0-9])")),
    (("AKIA", "ASIA"), AWS_KEY, re.compile(r"(?<![A-Za-z0-9+/=])(?=[^\s]{0,39}[A-Z])(?=[^\s]{0,39}[a-z])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])")),
    (("xox", "xapp-"), SLACK, re.compile(r"(?<![A-Za-z0-9])x(?:ox[a-z]|app)-[A-Za-z0-9-]{10,255}")),
    (("hooks.slack.com/", "hooks.slack-gov.com/"), SLACK, re.compile(r"""https://hooks\.slack(?:-gov)?\.com/[a-z]{1,20}/(?P<value>[^\s"'<>\\]{4,255})""")),
    (("/webhooks/", "webhook.office.com", "/workflows/", "chat.googleapis.com", "api.telegram.org"), TOKEN, re.compile(
        r"""(?:discord(?:app)?\.com/api/webhooks/\d{5,25}/|webhook\.office\.com/webhookb2/|api\.telegram\.org/bot|logic\.azure\.com(?::\d+)?/workflows/[^\s?"']{1,100}\?[^\s"']{0,200}?sig=)(?P<value>[^\s"'<>\\/?][^\s"'<>\\?]{7,400})""")),
    (("eyJ",), TOKEN, re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}={0,2}(?:\.[A-Za-z0-9_-]+){0,4}")),
    (_SERVICE_HINTS, TOKEN, re.compile(rf"(?<![A-Za-z0-9_-])(?:{_SERVICE_KEYS})(?![A-Za-z0-9])")),
    (("$2", "$1$", "$5$", "$6$", "$y$", "$argon2", "$apr1$", "pbkdf2", "$scrypt", "{S", "SCRAM-SHA"), PASSWORD, re.compile(
        r"(?<![\w$])(?:\$(?:2[abxy]?|1|5|6|y|apr1|argon2(?:id?|d)|scrypt|7)\$[A-Za-z0-9./$=,+_-]{20,200}|pbkdf2_?[a-z0-9_]{0,12}[$:]\d{1,9}[$:][^\s\"',]{16,200}|\{S?SHA\d{0,3}\}[A-Za-z0-9+/=]{20,120}|SCRAM-SHA-256\$[^\s\"',]{40,200})")),
    (("://",), PASSWORD, re.compile(r"""://[^\s/:@"'?#<>,]{0,128}:(?P<value>(?!\d{1,5}/)(?:[^\s"'<>@/]|/(?=[^\s"'<>@/]{0,64}@[\w.\[-]+[:/])|@(?=[^\s"'<>@/]{0,64}@)){1,200})@(?=[\w.\[(*$%-])""")),
    (("://",), TOKEN, re.compile(r"""https?://(?P<value>[A-Za-z0-9_-]{16,200})(?::(?:x-oauth-basic)?)?@(?=[\w.])""")),
    (("jdbc:oracle", "sqlplus", "impdp", "expdp", "rman"), PASSWORD, re.compile(r"""(?:jdbc:oracle:\w{2,10}:|\b(?:sqlplus|impdp|expdp|rman)\s(?:-\w\s|\w+=){0,2})[\w$#.-]{1,60}/(?P<value>"[^"]{1,60}"|[^\s@"']{1,128})@""")),
)  # fmt: skip
"""(what a text must contain, kind, pattern): the value is the group of that name, or all of the match."""

_TO_END = r"""(?P<value>"(?:\\.|[^"\\])+"|'(?:'\\''|[^'])+'|[^\s"',;|&]+(?:[;,&|][^\s"',;|&]+)*)"""
_GAP = r"""(?:["'],[ ]?|,[ ]?|[ ]{1,3})"""
_WORDS = r"""[^\n|;]{0,160}?"""
_FOLDED_SHAPES = (
    (("authorization",), HEADER, re.compile(r"""(?ix)authorization["'\]]{0,2}\s{0,4}(?:=>|[=:,])\s{0,4}["'\[]{0,2}(?P<value>(?:digest|aws4-hmac-sha256|oauth|hawk|mac|scram\S{0,12})\s(?:[^"'\n\\]|"(?=[^"',\n]{0,400}"(?:,|\s|\Z)))*)""")),
    (("bearer ", "basic "), HEADER, re.compile(r"[Bb](?<!\w.)(?i:earer|asic)[ ]{1,4}(?P<value>(?![a-z_]{1,40}=[^=\s])(?=[^\s]{0,64}\d)[A-Za-z0-9+/._~=-]{8,})")),
    (("cookie",), HEADER, re.compile(r"""(?ix)\b(?:set-)?cookies?2?["'\])]{0,2}\s{0,8}(?:=>|->|[=:])\s{0,8}["'\[]{0,2}(?P<value>[^\s"'\\;{\[=]{1,200}=[^\s"'\\;]*(?:;[ ]?[^\s"'\\=;]{1,200}(?:=[^\s"'\\;]*)?)*)""")),
    (("identified", "password '", 'password "', "password  "), PASSWORD, re.compile(r"""(?i)\b(?:identified(?:\s{1,4}with\s{1,4}\S{1,40})?\s{1,4}(?:by(?:\s{1,4}(?:values|password))?|as)|(?:un)?encrypted\s{1,4}password|password)\s{1,4}(?P<value>'(?:''|\\.|[^'\\])*+'|'[^'\n]*'|"[^"]*"(?=\s*(?:;|\Z)))""")),
    (("identified by",), PASSWORD, re.compile(r"""(?i)\bidentified\s{1,4}by\s{1,4}(?P<value>[^\s"'\\;,][^\s"';,]{0,127})""")),
    (("pass:",), PASSWORD, re.compile(r"""(?i)\s-(?:pass|passin|passout)[ =]["']?pass:(?P<value>[^\s"']{1,128})|\bpass:(?=[^\s]{4,128}(?:\s|\Z))(?<=[= ]pass:)(?P<other>[^\s"']{4,128})""")),
    ((" login ",), PASSWORD, re.compile(r"""\b[A-Za-z]{0,3}\d{1,6}[ ]{1,2}LOGIN[ ]{1,2}\S{1,80}\s{1,2}(?P<value>"(?:\\.|[^"\\\n])+"|[^\s"'\\]{1,128})""")),
    (("ugfzc3dvcmq6",), PASSWORD, re.compile(r"""UGFzc3dvcmQ6(?:\s{1,8}|["',]{1,4})(?:>>>|C:|\S{0,3}>)?\s{0,4}["']?(?P<value>[A-Za-z0-9+/=]{4,400})""")),
    (("pgpass", ":5432:"), PASSWORD, re.compile(r"""(?<![\w.:-])[\w.*-]{1,100}:(?:\d{2,5}|\*):[\w*-]{1,63}:[\w*.-]{1,63}:(?P<value>[^\s"'<]{1,200})""")),
    (("secret ", "password ", "community "), PASSWORD, re.compile(rf"""[SPsp](?<!\w.)(?:(?i:ecret|assword)\s\d{{1,2}}(?!{UNIT})|nmp-server\scommunity)\s(?P<value>[^\s"'\\]{{4,200}})""")),
    (("securestring\t", "-securestring "), PASSWORD, re.compile(r"""(?:SecureString\t|(?i:ConvertTo-SecureString)[ ](?:-String[ ])?)(?P<value>"[^"\n]{1,128}"|'[^'\n]{1,128}'|(?<=\t)[^\t\n]{1,4000})""")),
    (("@tcp(", "@unix("), PASSWORD, re.compile(r"""(?<![\w/:])[\w.-]{1,60}:(?P<value>[^\s"'@]{1,128})@(?:tcp|unix)\(""")),
    (("user-secrets set",), PASSWORD, re.compile(rf"""\buser-secrets[ ]set[ ]["']?[\w:.-]{{1,80}}["']?[ ]{_TO_END}""")),
    (("pdo", "getconnection", "mysqli", "sequelize("), PASSWORD, re.compile(r"""(?i)(?:\bSequelize|\bPDO(?:->__construct)?|getConnection|mysqli(?:_connect|->__construct)?)\((?:(?:'[^'\n]{0,200}'|"[^"\n]{0,200}"),\s?){2}(?P<value>'[^'\n]{1,128}'|"[^"\n]{1,128}")""")),
    (("crypt(",), PASSWORD, re.compile(r"""(?i)\bcrypt\((?P<value>'(?:''|[^'])+')""")),
    (("?code=", "&code="), TOKEN, re.compile(r"""[?&]code=(?P<value>[^\s&"'<>]{12,400})(?=&)""")),
    (("net use ",), PASSWORD, re.compile(r"""(?i)\bnet[ ]use[ ](?:\w:[ ])?\\\\\S{1,100}[ ](?P<value>[^\s/"'][^\s"']{0,128})[ ]/user:|\bnet[ ]use[ ][^\n]{0,100}?/user:[^\s]{1,80}\s(?P<other>[^\s"'\\/][^\s"'\\]{0,128})""")),
    (("machine", "login"), PASSWORD, re.compile(r"""\blogin\s{1,4}[^\s|]{1,80}\s{1,4}password\s{1,4}(?P<value>"[^"\n]{1,128}"|[^\s|]\S{0,127})""")),
    (('"auth"', "requirepass", "masterauth", "auth plain", "auth login", "auth xoauth2", "pass "), PASSWORD, re.compile(r"""(?:"AUTH"\s{1,2}(?:"[^"\n]{1,60}"\s{1,2})?|\b(?:requirepass|masterauth|AUTH\s(?:PLAIN|LOGIN|XOAUTH2)?|(?<![\w-])PASS)\s{1,2})(?P<value>"[^"\n]{1,128}"|(?:(?<=\nPASS )|(?<=requirepass )|(?<=masterauth ))[^\s"']{1,400}|(?=\S{0,128}[0-9!#$%&*=])[^\s"']{4,400})""")),
    (("chpasswd",), PASSWORD, re.compile(r"""(?i)echo\s{1,4}(?:-\w\s{1,4})?["']?[\w.-]{1,60}:(?P<value>[^"'\n]{1,128}?)["']?\s{0,4}\|\s{0,4}(?:sudo\s{1,4})?chpasswd""")),
    (("htpasswd", "add_user", "change_password", "net user"), PASSWORD, re.compile(
        rf"""(?ix)(?:\bhtpasswd\s(?=[^\n|;]{{0,40}}-\w{{0,4}}b)(?:-\w{{1,8}}\s){{1,5}}\S{{1,100}}\s\S{{1,60}}\s|\brabbitmqctl\s[^\n|;]{{0,60}}?(?:add_user|change_password|authenticate_user)\s\S{{1,60}}\s|\bnet\suser\s\S{{1,60}}\s(?!/)){_TO_END}""")),
)  # fmt: skip
"""The same for hints in lower case."""
_COMMANDS = (
    (("mysql", "mariadb", "7z", "sshpass", "rar"), PASSWORD, re.compile(rf"""(?x)(?:\b(?:mysql\w*|mariadb[\w-]*|sshpass|7za?|u?n?rar|mycli)(?:\.exe)?)(?={_WORDS}["'\s]-p[^\s]){_WORDS}["'\s]-p(?!ort|=|\s|["'],)(?P<value>"[^"\n]+"|'[^'\n]+'|[^\s"']+)""")),
    (("sshpass", "docker", "podman", "helm", "mongo", "az ", "oc ", "cqlsh", "nerdctl", "skopeo"), PASSWORD, re.compile(
        rf"""(?x)\b(?:sshpass|(?:docker|podman|nerdctl|helm|skopeo|oc|az)\b[^\n|;]{{0,40}}\blogin|mongo\w*|az|cqlsh)(?:\.exe)?{_WORDS}["'\s]-p{_GAP}(?!-){_TO_END}""")),
    (("redis-cli", "ldap", "sqlcmd", "bcp", "ipmitool", "zip", "snmp", "osql", "isql"), PASSWORD, re.compile(
        rf"""(?x)\b(?:(?:redis-cli){_WORDS}["'\s]-a|ldap\w{{0,12}}{_WORDS}["'\s]-w|(?:sqlcmd|bcp|osql|isql|ipmitool|zip|unzip){_WORDS}["'\s]-P|snmp\w{{0,12}}{_WORDS}["'\s]-[AX]){_GAP}?(?!-){_TO_END}""")),
    (("curl", "wget", "http -", "https -", "http post", "http get", "http put", "ab -", "smb", "rpcclient", "net u"), PASSWORD, re.compile(
        rf"""(?x)\b(?:curl|wget|https?|xh|ab|rpcclient|smb\w{{0,8}}|net)\b{_WORDS}["'\s](?:-u|-U|-a|-A|--user|--proxy-user|--auth)(?:=|{_GAP})?["']?[^\s:"'%=-][^\s:"'%]{{0,80}}[:%](?!//)(?P<value>[^\s"']+)""")),
    (("curl", "wget", "http -", "http post", "http get", "http put", "xh "), PASSWORD, re.compile(rf"""(?x)\b(?:curl|wget|https?|xh)\b{_WORDS}["'\s](?:-u|-U|--user|--proxy-user)(?:=|{_GAP})?(?P<q>["'])[^\s:"'%=-][^\s:"'%]{{0,80}}:(?P<value>[^"'\n]+)(?=(?P=q))""")),
    (("--stdin", "--password-stdin", "sudo -s"), PASSWORD, re.compile(r"""(?i)echo\s{1,4}(?:-\w\s{1,4})?(?P<value>"[^"\n]{1,128}"|'[^'\n]{1,128}'|[^\s|"'$]{1,128})\s{0,4}\|[^\n|]{0,80}(?:--(?:password-)?stdin|sudo\s-S)""")),
)  # fmt: skip
"""The same for commands with options, of a text that has any."""
_OPTION = re.compile(r"""[\s"']-[\w-]""")
_KEY_LINE = re.compile(
    r"^\s{0,8}(?P<value>(?=[^\s]{0,75}[A-Z])(?=[^\s]{0,75}[a-z])(?=[^\s]{0,75}[0-9+/])"
    r"(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{76}|[A-Za-z0-9+/]{20,74}={1,2}))\s{0,8}$"
)
"""A text that is one line of a private key, as where each line is an event of its own: 64 characters of base64 (RFC
7468; 76 in MIME), or the padded last ones."""


Shape = tuple[str, re.Pattern[str]]


def possible(text: str) -> list[Shape]:
    lower, commands = text.lower(), _COMMANDS if _OPTION.search(text) is not None else ()
    tables = (text, _SHAPES), (lower, _FOLDED_SHAPES), (lower, commands)
    return [
        (kind, pattern)
        for folded, table in tables
        for hints, kind, pattern in table
        if any(map(folded.__contains__, hints))
    ]


def find(text: str, shapes: Iterable[Shape]) -> Iterator[MaskSpan]:
    for kind, pattern in shapes:
        for match in pattern.finditer(text):
            yield from _span(match, kind)
    if " " not in text.strip() and (line := _KEY_LINE.match(text)) is not None:
        yield from _span(line, PRIVATE_KEY)


def _span(match: re.Match[str], kind: str) -> Iterator[MaskSpan]:
    start, end = match.span(
        "value" if "value" in match.re.groupindex and match["value"] is not None else match.lastgroup or 0
    )
    if end - start > 1 and match.string[start] in "\"'" and match.string[start] == match.string[end - 1]:
        start, end = start + 1, end - 1
    # Half of an escape is none.
    while end > start and match.string[end - 1] == "\\":
        end -= 1
    if not is_sign(match.string[start:end]):
        yield MaskSpan(start, end, kind)
