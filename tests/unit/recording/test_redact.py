"""What may never be published, rule by rule, and what has to stay."""

from __future__ import annotations

import json
import string
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docker_notes.recording import model as recording
from docker_notes.recording.redact import GONE, Redactor, redact
from docker_notes.recording.redactions import REDACTIONS
from docker_notes.terminal.lines import Line, Span
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORDINGS = sorted((Path(__file__).parents[3] / "recordings").glob("*.yml"))

HEX = "0a1b2c3d4e5f6789" * 12
ALNUM = "a1B2c3D4e5F6g7H8i9J0" * 12
UPPER = "A1B2C3D4E5F6G7H8" * 12
LETTERS = "abcdefghijKLMNOPQRST" * 4
ID, FULL = "8eb03d2e7365", "8eb03d2e7365a99cab332f733c6bbfbbf97126a8829facc799d993171b950b9b"
# In parts, so that what searches a checkout for keys finds none.
BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
KEY = ["MIIEow" + ALNUM[:58], ALNUM[:64], ALNUM[3:67], ALNUM[:30] + "=="]


def secret(*parts: str) -> str:
    """A made-up secret, written in parts."""
    return "".join(parts)


def around(*secrets: str) -> list[tuple[str, str]]:
    """Each as a word of a line, which is to go, and nothing beside it."""
    return [(f"the value {one} is set", f"the value {GONE} is set") for one in secrets]


# rule: what it takes out, with what is left; and what is near it and stays. A token of one letter less is none.
ROWS: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "private-key": ([(BEGIN, GONE), (f'{{"key": "{BEGIN}\\nMII\\n{END}\\n"}}', '{"key": "…\\n"}')], ["-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"]),
    "github-token": (
        around(*(secret(f"gh{kind}", "_", ALNUM[:36]) for kind in "opusr"), secret("github", "_pat_", ALNUM[:22], "_", ALNUM[:59])),
        ["ghp_short", "highp_" + ALNUM[:36]],
    ),
    "gitlab-token": (
        [*around(*(secret(f"gl{kind}", "-", ALNUM[:20]) for kind in ("pat", "dt", "ft", "rt", "cbt", "ptt", "agent", "oas", "soat", "ffct", "imt")), "GR13" + "48941" + ALNUM[:20]),
         (secret("_gitlab", "_session=", HEX[:32], "; path=/"), "_gitlab_session=…; path=/")],
        ["glpat-no", "_gitlab_session=short", "GR1348941short"],
    ),
    "docker-hub-token": (around(secret("dckr", "_pat_", ALNUM[:27]), secret("dckr", "_oat_", ALNUM[:32])), ["dckr_pat_x"]),
    "swarm-token": (
        around(secret("SWM", "TKN-1-", ALNUM[:50].lower(), "-", ALNUM[:25].lower()), secret("SWM", "KEY-1-", ALNUM[:43])),
        ["docker swarm join --token", "SWMTKN-1-"],
    ),
    "npm-token": (around(secret("npm", "_", ALNUM[:36])), ["npm_install", "npm_config_registry_of_a_long_name"]),
    "pypi-token": (around(secret("pypi", "-AgEIcHlwaS5vcmc", ALNUM[:60])), ["pypi-Agent"]),
    "rubygems-token": (around(secret("ruby", "gems_", HEX[:48])), ["rubygems_version"]),
    "clojars-token": (around(secret("CLO", "JARS_", ALNUM[:60].lower())), ["CLOJARS_USERNAME"]),
    "artifactory-token": (around(secret("AKC", "p", ALNUM[:69]), secret("cmV", "md", ALNUM[:59])), ["AKCp8", "cmVmdHM="]),
    "aws-key": (
        around(secret("AK", "IA", UPPER[:16]), secret("AS", "IA", UPPER[:16]), secret("A3", "T7", UPPER[:16]), secret("AB", "SK", ALNUM[:110]), secret("bedrock", "-api-key-", ALNUM[:40])),
        ["AKIA" + UPPER[:15], "AKIA" + UPPER[:17], "ABSKOFF", "bedrock-api-key-x"],
    ),
    "gcp-key": (around(secret("AI", "za", ALNUM[:35])), ["AIza" + ALNUM[:34]]),
    "azure-secret": (around(secret("abc", "8Q~", ALNUM[:34])), ["abc8Q~short"]),
    "alibaba-key": (around(secret("LT", "AI", ALNUM[:20])), ["LTAI" + ALNUM[:21]]),
    "digitalocean-token": (around(*(secret(f"do{kind}", "_v1_", HEX[:64]) for kind in "opr")), ["dop_v1_" + HEX[:63]]),
    "cloudflare-key": (around(secret("v1.0", "-", HEX[:24], "-", HEX[:146])), ["v1.0-" + HEX[:24]]),
    "heroku-key": (around(secret("HRKU", "-AA", ALNUM[:58])), ["HRKU-AA"]),
    "flyio-token": (around(secret("fo1", "_", ALNUM[:43]), secret("fm2", "_", ALNUM[:100]), secret("fm1", "r_", ALNUM[:100])), ["fo1_x", "fm2_x"]),
    "hashicorp-token": (around(secret("hv", "s.", ALNUM[:90]), secret("hv", "b.", ALNUM[:138]), secret(ALNUM[:14], ".atlas", "v1.", ALNUM[:60])), ["hvs.x", "a.atlasv1.b"]),
    "pulumi-token": (around(secret("pul", "-", HEX[:40])), ["pul-" + HEX[:39]]),
    "doppler-token": (around(secret("dp.", "pt.", ALNUM[:43])), ["dp.pt.x"]),
    "databricks-token": (around(secret("da", "pi", HEX[:32]), secret("da", "pi", HEX[:32], "-2")), ["dapi" + HEX[:31], "dapi" + HEX[:33]]),
    "planetscale-token": (around(*(secret("pscale", f"_{kind}_", ALNUM[:43]) for kind in ("tkn", "oauth", "pw"))), ["pscale_tkn_x"]),
    "openshift-token": (around(secret("sha256", "~", ALNUM[:43])), ["sha256~x", f"sha256:{FULL}"]),
    "openai-key": (around(secret("sk-", "proj-", ALNUM[:40]), secret("sk-", ALNUM[:48])), ["sk-proj-x", "disk-" + ALNUM[:48], "sk-" + ALNUM[:31]]),
    "anthropic-key": (around(secret("sk-", "ant-api03-", ALNUM[:93], "AA")), ["sk-ant-x"]),
    "huggingface-token": (around(secret("hf", "_", LETTERS[:34]), secret("api", "_org_", LETTERS[:34])), ["hf_" + LETTERS[:33], "hf_" + LETTERS[:35]]),
    "perplexity-key": (around(secret("pp", "lx-", ALNUM[:48])), ["pplx-x"]),
    "slack-token": (
        around(*(secret(f"xox{kind}", "-123456789012-", ALNUM[:24]) for kind in "abeoprs"), secret("xapp", "-1-", UPPER[:10], "-123-", HEX[:20])),
        ["xoxb-1", "xapp-1"],
    ),
    "webhook": (
        [(secret("hooks.slack", ".com/services/", "T0", ALNUM[:42]), "hooks.slack.com/…"),
         (secret("corp.webhook.", "office.com/webhookb2/", HEX[:40], "@", HEX[:36]), "….webhook.office.com/…")],
        ["hooks.slack.com/help", "webhook.office.com"],
    ),
    "telegram-token": (around(secret("123456789", ":A", ALNUM[:34])), ["1234:A" + ALNUM[:34], "123456789:A" + ALNUM[:35]]),
    "stripe-key": (around(secret("sk", "_live_", ALNUM[:24]), secret("rk", "_test_", ALNUM[:24])), ["sk_live_x", "task_test_" + ALNUM[:24]]),
    "square-token": (around(secret("EA", "AA", ALNUM[:60]), secret("sq0", "atp-", ALNUM[:22])), ["EAAAx", "sq0atp-x"]),
    "facebook-token": (around(secret("EA", "AC", ALNUM[:100])), ["EAAC" + ALNUM[:99]]),
    "shopify-token": (around(*(secret(f"shp{kind}", "_", HEX[:32]) for kind in ("at", "ca", "pa", "ss"))), ["shpat_x"]),
    "twilio-key": (around(secret("S", "K", HEX[:32])), ["SK" + HEX[:31], "SK" + HEX[:33], "sk" + HEX[:29]]),
    "sendgrid-token": (around(secret("S", "G.", ALNUM[:22], ".", ALNUM[:43])), ["SG.x.y"]),
    "sendinblue-token": (around(secret("xkey", "sib-", HEX[:64], "-", ALNUM[:16])), ["xkeysib-x"]),
    "mailchimp-key": (around(secret(HEX[:32], "-", "us12")), [HEX[:32] + "-use", HEX[:33] + "-us1"]),
    "postman-token": (around(secret("PM", "AK-", HEX[:24], "-", HEX[:34])), ["PMAK-x"]),
    "linear-key": (around(secret("lin", "_api_", ALNUM[:40])), ["lin_api_x"]),
    "notion-token": (around(secret("nt", "n_", "12345678901", ALNUM[:35])), ["ntn_1"]),
    "typeform-token": (around(secret("tf", "p_", ALNUM[:59])), ["tfp_x"]),
    "octopus-key": (around(secret("AP", "I-", UPPER[:26])), ["API-VERSION", "API-" + UPPER[:27]]),
    "sentry-token": (around(secret("sntry", "s_eyJpYXQiO", ALNUM[:60], "_", ALNUM[:43]), secret("sntry", "u_", HEX[:64])), ["sntryu_x", "sntrys_x"]),
    "new-relic-key": (around(secret("NR", "AK-", UPPER[:27]), secret("NR", "JS-", HEX[:19]), secret("NR", "II-", ALNUM[:32])), ["NRAK-x"]),
    "grafana-token": (around(secret("eyJr", "Ijoi", ALNUM[:70]), secret("gl", "c_", ALNUM[:32]), secret("gl", "sa_", ALNUM[:32], "_", HEX[:8])), ["eyJrIjoi", "glc_x", "glsa_x"]),
    "dynatrace-token": (around(secret("dt0", "c01.", UPPER[:24], ".", UPPER[:64])), ["dt0c01.x"]),
    "sonar-token": (around(*(secret(f"sq{kind}", "_", HEX[:40]) for kind in "upa")), ["squ_x"]),
    "sourcegraph-token": (around(secret("sg", "p_", HEX[:40]), secret("sg", "p_local_", HEX[:40]), secret("sg", "p_", HEX[:16], "_", HEX[:40])), ["sgp_x"]),
    "prefect-token": (around(secret("pn", "u_", ALNUM[:36])), ["pnu_x"]),
    "infracost-token": (around(secret("ic", "o-", ALNUM[:32])), ["ico-" + ALNUM[:31], "ico-" + ALNUM[:33], "pico-" + ALNUM[:32]]),
    "1password-key": (
        around(secret("A", "3-ABC123-ABCDEF12345-ABC12-ABC12-ABC12"), secret("A", "3-ABC123-ABCDEF-12345-ABC12-ABC12-ABC12"), secret("op", "s_eyJ", ALNUM[:200])),
        ["A3-ABC123", "ops_eyJ"],
    ),
    "age-key": (around(secret("AGE-SECRET", "-KEY-1", UPPER[:58])), ["AGE-SECRET-KEY-1"]),
    "jwt": (
        around(secret("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", ALNUM[:43]), secret("ey", "JhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."), secret("ZX", "lK", ALNUM[:40])),
        ["eyJhbGciOiJIUzI1NiJ9", "keyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0", "ZXlK"],
    ),
    "authorization": (
        [
            ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
            ("authorization:  basic Zm9v x", "authorization:  basic … x"),
            ("> Proxy-Authorization: Basic Zm9vOmJhcg==", "> Proxy-Authorization: Basic …"),
            ("authorization: 'Bearer abc',", "authorization: 'Bearer …',"),
            ('"Authorization":"Bearer abc"', '"Authorization":"Bearer …"'),
            ('Authorization: Digest username="u", response="1f"', "Authorization: …"),
            ("Authorization: abc def", "Authorization: …"),
            ("curl -H 'Authorization: abc'", "curl -H 'Authorization: …'"),
            ("{ authorization: 'abc' }", "{ authorization: '…' }"),
            ("X-Registry-Auth: abcdefgh=", "X-Registry-Auth: …"),
            ("PRIVATE-TOKEN: 0123456789", "PRIVATE-TOKEN: …"),
            ("+ curl -fsS -u me:hunter2 localhost", "+ curl -fsS -u … localhost"),
        ],
        ["authorization denied by plugin", "Authorization: ", "X-Powered-By: Express4", "curl -u me", "x-key: short"],
    ),
    "docker-config-auth": (
        [
            ('            "auth": "bWU6c2VjcmV0"', '            "auth": "…"'),
            ('{"auths":{"x":{"auth":"bWU6c2VjcmV0"}}}', '{"auths":{"x":{"auth":"…"}}}'),
            ('"identitytoken": "abc"', '"identitytoken": "…"'),
            ("//host/:_auth=bWU6c2Vj", "//host/:_auth=…"),
            ("//host/:_authToken=0123-4567", "//host/:_authToken=…"),
        ],
        ['"auths": {', '"auth": "none"', '"author": "me"', '"auth": ""'],
    ),
    "assignment": (
        [
            ("POSTGRES_PASSWORD=example", "POSTGRES_PASSWORD=…"),
            ("POSTGRES_PASSWORD=two words", "POSTGRES_PASSWORD=…"),
            ("run -e DB_PASSWORD=a&b; echo", "run -e DB_PASSWORD=… echo"),
            ("  DB_PASSWORD=a&b; echo", "  DB_PASSWORD=… echo"),
            ("MYSQL_PWD=abc", "MYSQL_PWD=…"),
            ("SECRET_KEY_BASE=abc", "SECRET_KEY_BASE=…"),
            ("export API_KEY='a b'", "export API_KEY='…'"),
            ('                "POSTGRES_PASSWORD=a \\"b", "PATH=/bin"', '                "POSTGRES_PASSWORD=…", "PATH=/bin"'),
            ("[PATH=/bin GITHUB_TOKEN=abc]", "[PATH=/bin GITHUB_TOKEN=…]"),
            ("|1 NPM_TOKEN=abc /bin/sh -c npm ci", "|1 NPM_TOKEN=… /bin/sh -c npm ci"),
            ('"-e POSTGRES_PASSWORD=password" on', '"-e POSTGRES_PASSWORD=…" on'),
            ("GET /login?token=abc&next=/ 200", "GET /login?token=…&next=/ 200"),
            ("      POSTGRES_PASSWORD: example", "      POSTGRES_PASSWORD: …"),
            ('  - "db_password": "example"', '  - "db_password": "…"'),
            ("aws_secret_access_key = abc/def", "aws_secret_access_key = …"),
            ('{"user": "me", "password": "hunter2"}', '{"user": "me", "password": "…"}'),
            ("{ user: 'me', password: 'hunter2' }", "{ user: 'me', password: '…' }"),
            ('const secret = "hunter2";', 'const secret = "…";'),
        ],
        [
            "POSTGRES_PASSWORD_FILE=/run/secrets/db",
            "PWD=/home/reader",
            "OLDPWD=/",
            "MYSQL_ALLOW_EMPTY_PASSWORD=yes",
            "GPG_KEY=0A1B2C3D",
            "DB_PASSWORD=$DB_PASSWORD",
            "DB_PASSWORD=${DB_PASSWORD:?}",
            "DB_PASSWORD=<yours>",
            "DB_PASSWORD=",
            "Password: ",
            "const token = next();",
            "password: process.env.PASSWORD,",
            "  db_password:",
            "SyntaxError: Unexpected token: }",
            "-p, --password string   Password or Personal Access Token (PAT)",
            "WARNING! Using --password via the CLI is insecure. Use --password-stdin.",
            "--mount=type=secret,id=token",
            'SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "DB_PASSWORD")',
            "monkey=banana",
        ],
    ),
    "user-in-address": (
        [
            ("https://me:secret@example.com/x", "https://…@example.com/x"),
            ("https://me:p@ss/w@github.com", "https://…@github.com"),
            ("postgres://app:s3cret@db:5432/app", "postgres://…@db:5432/app"),
            ("redis://:s3cret@cache:6379", "redis://…@cache:6379"),
        ],
        ["ssh://git@github.com/x", "http://localhost:3000/@scope/x", "mail me@example.com", "http://localhost:80 me@example.com"],
    ),
    "proxy": (
        [
            ("HTTPS_PROXY=http://squid:3128", "HTTPS_PROXY=…"),
            ("no_proxy=localhost,.team.example", "no_proxy=…"),
            ('"HTTP_PROXY=proxy.team.example:3128"', '"HTTP_PROXY=…"'),
            (" HTTP Proxy: squid:3128", " HTTP Proxy: …"),
            (" No Proxy: 10.0.0.0/8", " No Proxy: …"),
            ('  "httpsProxy": "squid:3128",', '  "httpsProxy": "…",'),
            ("curl: (5) Could not resolve proxy: squid", "curl: (5) Could not resolve proxy: …"),
            ("proxyconnect tcp: dial tcp: lookup squid: no such host", "proxyconnect tcp: dial tcp: lookup …: no such host"),
            ("proxyconnect tcp: dial tcp 10.1.2.3:3128: refused", "proxyconnect tcp: dial tcp …: refused"),
        ],
        ["userland-proxy=false", "docker-proxy -proto tcp", "HTTP_PROXY=http://localhost:3128", "HTTP_PROXY=$HTTP_PROXY", "HTTP Proxy: "],
    ),
    "address": (
        [
            ("https://packages.team.example:8443/simple", "https://…/simple"),
            ("https://github.company.example/", "https://…/"),
            ("http://localhost.corp.example/", "http://…/"),
            ("https://nodejs.org.proxy.example:3128", "https://…"),
            ("https://github.com.example", "https://…"),
            ("https://example.com-x.example", "https://…"),
            ("https://me:secret@packages.team.example/x", "https://…@…/x"),
            ("http://mirror:5000/", "http://…/"),
            ("http://10.1.2.3:8080/x", "http://…/x"),
            ("http://[2a00::1]:80/", "http://…/"),
            ("ftp://ftp.team.example/a", "ftp://…/a"),
            ("git@git.team.example:a/b", "git@…:a/b"),
        ],
        [
            "http://localhost:3000",
            "https://docs.docker.com/go/",
            "http://127.0.0.1:80 http://[::]:80 http://0.0.0.0 http://172.17.0.2:80 http://192.168.0.2",
            "see https://github.com.",
            "https://example.com/x HTTPS://EXAMPLE.COM",
            "http://host.docker.internal:3000",
            "git@github.com:a/b",
            "unix:///var/run/docker.sock",
            'Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.51/containers/json"',
            "http://$HOST/ http://<host>/",
        ],
    ),
    "registry-host": (
        [
            ("get registry.npmjs.example.org:443/x", "get …/x"),
            ("from mirror.corp.net", "from …"),
            ("docker-mirror.team.example.net", "…"),
            ("eu.artifactory.team.io/x", "…/x"),
            ("lookup registry-1.docker.io", "lookup …"),
            ("pull mirror:5000/library/node", "pull …/library/node"),
            ("dial tcp: lookup mirror: no such host", "dial tcp: lookup …: no such host"),
            ("Could not resolve host: mirror", "Could not resolve host: …"),
            ("172.18.0.2\tmirror", "172.18.0.2\t…"),
            ("mirror:172.18.0.2", "…172.18.0.2"),
        ],
        [
            "the registry.",
            "node:24-slim index.js",
            "registry:2 registry:2.8.1 registry:5000",
            "docker.io/library/node:24",
            "application/vnd.oci.image.index.v1+json",
            "index.d.ts auth.module.css files.test.js npm.config.mjs",
            "a mirror of the registry",
            "docker-proxy:3128x",
            "io.buildkit.cache.v0",
        ],
    ),
    "internal-host": (
        [("ping build.team.corp", "ping …"), ("from nas.lan:5000/x", "from …/x"), ("host git.team.internal.", "host …."), ("x.intranet", "…")],
        ["host.docker.internal", "kubernetes.docker.internal", "node:internal/modules/cjs/loader", "a.internal.js", "internal"],
    ),
    "image-host": (
        [("Pushing team.example.io:5000/app:1", "Pushing …/app:1"), ("harbor-1.team.example:443/app", "…/app")],
        ["localhost:5000/app", "example.com:5000/app", "server.js:10/x", "team/app:5000", "80/tcp", "web.example:80/tcp", "a.b:1/x"],
    ),
    "resolver": (
        [
            ("lookup example.com on 10.1.2.3:53: no such host", "lookup example.com on …:53: no such host"),
            ("lookup example.com on [fd00::1]:53: no such host", "lookup example.com on …:53: no such host"),
            ("lookup example.com on 192.168.65.7:53", "lookup example.com on …:53"),
            ("read udp 172.17.0.2:40000->10.1.2.3:53: i/o timeout", "read udp 172.17.0.2:40000->…:53: i/o timeout"),
            ("nameserver 10.1.2.3", "nameserver …"),
            ("# ExtServers: [host(10.1.2.3)]", "# ExtServers: […]"),
            ("search team.example corp.example", "search …"),
            (";; SERVER: 10.1.2.3#53(10.1.2.3) (UDP)", ";; SERVER: … (UDP)"),
            (";; SERVER: 2a00:1::53#53(2a00:1::53)", ";; SERVER: …"),
            ("Server:\t\t10.1.2.3", "Server:\t\t…"),
        ],
        ["lookup web on 127.0.0.11:53: no such host", "nameserver 127.0.0.11", "0.0.0.0:53->53/udp", "search", "search for it", "Server: nginx", "127.0.0.53#53"],
    ),
    "looked-up-host": (
        [
            ("dial tcp: lookup git.team.example on 127.0.0.11:53: no such host", "dial tcp: lookup … on 127.0.0.11:53: no such host"),
            ("curl: (6) Could not resolve host: git.team.example", "curl: (6) Could not resolve host: …"),
            ("* Connected to git.team.example (192.168.0.2) port 80", "* Connected to … (192.168.0.2) port 80"),
            ("Failed to connect to git.team.example port 80", "Failed to connect to … port 80"),
            ("wget: bad address 'git.team.example:80'", "wget: bad address '…:80'"),
            ("Error: getaddrinfo ENOTFOUND git.team.example", "Error: getaddrinfo ENOTFOUND …"),
        ],
        [
            "lookup web on 127.0.0.11:53: no such host",
            "lookup docker.io: no such host",
            "Could not resolve host: web",
            "Could not resolve host: example.com",
            "Connected to localhost (127.0.0.1) port 3000",
            "Failed to connect to host.docker.internal port 80",
            "getaddrinfo EAI_AGAIN db",
        ],
    ),
    "machine-address": (
        [
            ("dial tcp 10.1.2.3:443: i/o timeout", "dial tcp …:443: i/o timeout"),
            ("*   Trying 10.1.2.3:80...", "*   Trying …:80..."),
            ("* Connected to web (10.1.2.3) port 80", "* Connected to web (…) port 80"),
            ("Connecting to web (10.1.2.3:80)", "Connecting to web (…:80)"),
        ],
        ["dial tcp 172.18.0.3:5432: connect: connection refused", "* Connected to localhost (127.0.0.1) port 3000", "Trying again"],
    ),
    "home": (
        [("/home/alice/src", "/home/…/src"), ("/Users/alice", "/Users/…"), ("/home/readers", "/home/…"), ("/home/reader-2", "/home/…"), (r"C:\Users\alice\x", r"C:\Users\…\x")],
        ["/home/reader/app and /home/node", "in /home/reader.", "/srv/home/alice", "/home/", "C:\\Users"],
    ),
}  # fmt: skip


def test_every_rule_has_a_row_and_a_source() -> None:
    assert list(ROWS) == [rule.id for rule in REDACTIONS], "each rule has a row in ROWS, in the order of REDACTIONS"
    assert all(rule.source and rule.what and rule.keywords for rule in REDACTIONS)
    assert all(word == word.lower() for rule in REDACTIONS for word in rule.keywords)


@pytest.mark.parametrize("rule", REDACTIONS, ids=lambda rule: rule.id)
def test_a_rule_takes_out_what_it_is_for_and_leaves_what_is_near(rule: Any) -> None:
    goes, stays = ROWS[rule.id]
    assert goes
    assert stays
    for text, left in goes:
        assert redact(text) == left
        hits = Redactor().lines([Line("first"), Line(text)]).hits
        assert any(hit.rule is rule and hit.line == 1 for hit in hits), (
            f"another rule took {text!r}: {[hit.rule.id for hit in hits]}"
        )
        assert redact(left) == left
    for text in stays:
        assert redact(text) == text


@pytest.mark.parametrize("rule", REDACTIONS, ids=lambda rule: rule.id)
def test_a_token_is_found_wherever_it_stands(rule: Any) -> None:
    [(text, _), *_] = ROWS[rule.id][0]
    if text.startswith("the value "):
        token = text.split()[2]
        for before, behind in (("", ""), ('"', '"'), ("(", ")"), ("=", "&"), ("https://", "@example.com"), ("_", ""), ("=", ".")):
            assert token not in redact(before + token + behind)
        assert redact(f"https://{token}@example.com/x") == "https://…@example.com/x"


# What Docker, npm and their like print, and every reader may see.
DOCKER_S = f"""\
Successfully built {ID}
sha256:{FULL}
Digest: sha256:{FULL}
web@sha256:{FULL}
Untagged: node@sha256:{FULL}
=> => writing image sha256:{FULL}
View build details: docker-desktop://dashboard/build/default/default/t2dd9da36zy8mpjposem5nzef
docker buildx history logs t2dd9da36zy8mpjposem5nzef
"integrity": "sha512-{ALNUM[:86]}==",
<missing>      24 minutes ago   /bin/sh -c #(nop)  ENV NODE_VERSION=24.21.0     0B
<missing>      24 minutes ago   /bin/sh -c #(nop)  CMD ["node"]                 0B        buildkit.dockerfile.v0
Status: Downloaded newer image for node:24-slim
latest: Pulling from library/node
docker.io/library/node:24-slim
naming to docker.io/library/web:latest
Error response from daemon: pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied
Error: failed to solve: node:99: failed to resolve source metadata for docker.io/library/node:99: docker.io/library/node:99: not found
pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed
failed to resolve reference "docker.io/library/x:t": docker.io/library/x:t: not found
manifest for x:t not found: manifest unknown: manifest unknown
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
docker: Error response from daemon: failed to bind host port 0.0.0.0:8080/tcp: address already in use
Set-up: 172.18.0.2 host.docker.internal host.containers.internal
80/tcp -> 0.0.0.0:32768
0.0.0.0:53->53/udp, [::]:53->53/udp
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
HOSTNAME={ID}
root@{ID}:/# cat /home/node/app/server.js
    at Module._compile (node:internal/modules/cjs/loader:1554:14)
    at Object.<anonymous> (/home/node/app/server.js:3:9)
npm notice To update run: npm install -g npm@11.6.2
npm error code E404
-p, --password string   Password or Personal Access Token (PAT)
      --secret stringArray            Secret to expose to the build (format: "id=mysecret[,src=/local/secret]")
      --ssh stringArray               SSH agent socket or keys to expose to the build (format: "default|<id>[=<socket>|<key>[,<key>]]")
lookup web on 127.0.0.11:53: no such host
  Registry: https://…/v1/"""


@pytest.mark.parametrize("text", DOCKER_S.split("\n"))
def test_docker_s_own_output_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_what_was_recorded_stays(path: Path) -> None:
    page = recording.load(path, path.stem)
    assert page
    redactor = Redactor()
    for step in page.steps:
        assert redactor.lines(step.lines).lines == step.lines
        assert redact(step.output) == step.output


def test_recordings_are_there() -> None:
    assert len(RECORDINGS) >= 10


# ------------------------------------------------------------------------------- keys of many lines


def pem(*more: str) -> list[str]:
    return [BEGIN, *more, *KEY, END]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["one", *pem(), "two"], ["one", *[GONE] * 6, "two"]),
        (["x: " + BEGIN, "  " + KEY[0], END + " y"], ["x: …", GONE, "… y"]),
        (pem("Proc-Type: 4,ENCRYPTED", ""), [GONE, GONE, "", *[GONE] * 5]),
        (["one", BEGIN, *KEY, "two words", "end"], ["one", *[GONE] * 5, "two words", "end"]),  # head
        (["one word", *KEY[1:], END, "two"], ["one word", *[GONE] * 4, "two"]),  # tail
        ([f"web-1  | {line}" for line in pem()], ["web-1  | …", *[GONE] * 5]),
        (["-----BEGIN PGP " + "PRIVATE KEY BLOCK-----", "", KEY[0], "=aB3d", "-----END PGP " + "PRIVATE KEY BLOCK-----"], [GONE, "", *[GONE] * 3]),
        (["Private-Lines: 2", *KEY[:2], "Private-MAC: 0a1b"], [*[GONE] * 3, "…0a1b"]),
        ([BEGIN, KEY[0], END + BEGIN, KEY[1], END], [GONE, GONE, GONE + GONE, GONE, GONE]),
        ([*pem(), *pem()], [GONE] * 12),
        ([BEGIN, *pem()], [GONE] * 7),
        (["-----BEGIN CERTIFICATE-----", *KEY, "-----END CERTIFICATE-----"], ["-----BEGIN CERTIFICATE-----", *KEY, "-----END CERTIFICATE-----"]),
    ],
)  # fmt: skip
def test_a_private_key_goes_with_all_its_lines(before: list[str], after: list[str]) -> None:
    assert redact("\n".join(before)).split("\n") == after
    assert redact("\n".join(after)).split("\n") == after


def test_every_line_of_a_key_is_told() -> None:
    found = Redactor().lines([Line(text) for text in ["one", *pem(), "two"]])
    assert [(hit.line, hit.rule.id) for hit in found.hits] == [(number, "private-key") for number in range(1, 7)]


# ------------------------------------------------------------------------------------- allowed by name


def test_a_page_may_allow_a_text_by_name() -> None:
    text = "POSTGRES_PASSWORD=example POSTGRES_PASSWORD=examples"
    assert redact(text, ["example"]) == "POSTGRES_PASSWORD=…"
    assert redact("x POSTGRES_PASSWORD=example", ["example"]) == "x POSTGRES_PASSWORD=example"
    assert redact("x POSTGRES_PASSWORD=example2", ["example"]) == "x POSTGRES_PASSWORD=…"
    assert redact("get http://web:3000/x", ["http://web:3000"]) == "get http://web:3000/x"
    assert redact("get http://web:3000/x and http://db", ["http://web:3000"]) == "get http://web:3000/x and http://…"
    assert redact("\n".join(pem()), ["\n".join(pem())]) == "\n".join(pem())


def test_a_letter_allows_no_word() -> None:
    assert redact("A_PASSWORD=hunter2", list(string.printable)) == "A_PASSWORD=…"


# -------------------------------------------------------------------------------------- lines and colours


def test_colours_beside_what_was_taken_out_stay() -> None:
    spans = (Span(0, 3, "red"), Span(4, 9, "bold"), Span(14, 16, "blue"), Span(16, 20, "green"), Span(20, 21, "dim"))
    line = Line("abc /home/alice1 tail", spans, 1.5)
    [found] = Redactor().lines([line]).lines
    assert found.text == "abc /home/… tail"
    assert found.at == 1.5
    assert [found.text[s.start : s.end] for s in found.spans] == ["abc", "/home", " tai", "l"]
    assert [s.style for s in found.spans] == ["red", "bold", "green", "dim"]


def test_a_colour_inside_of_a_secret_goes_along() -> None:
    line = Line("https://me:secret@example.com", (Span(11, 17, "red"), Span(8, 29, "bold")))
    assert Redactor().lines([line]).lines == (Line("https://…@example.com", ()),)


def test_a_link_to_what_is_never_published_goes() -> None:
    spans = (
        Span(0, 3, "", "https://docs.docker.com/"),
        Span(4, 8, "", "https://packages.team.example/"),
        Span(9, 12, "bold"),
    )
    assert Redactor().lines([Line("one here two", spans)]).lines == (Line("one here two", (spans[0], spans[2])),)
    assert Redactor(["https://packages.team.example"]).lines([Line("one here two", spans)]).lines[0].spans == spans


def test_lines_that_hold_nothing_are_the_same_ones() -> None:
    lines = [Line("one", (Span(0, 3, "red"),), 0.1), Line("two password", (), 0.2)]
    found = Redactor().lines(lines)
    assert found.hits == ()
    assert all(one is other for one, other in zip(found.lines, lines, strict=True))


def test_what_was_found_is_told_without_the_secret() -> None:
    token = secret("gh", "p_", ALNUM[:36])
    found = Redactor().lines([Line("one"), Line(f"{token} {token} https://me:x@packages.example/")])
    assert [str(hit).split("; ")[0] for hit in found.hits] == [
        "an output held a GitHub token (rule github-token, line 2)",
        "an output held a user name or password in an address (rule user-in-address, line 2)",
        "an output held an address (rule address, line 2)",
    ]
    assert all(token not in str(hit) and "allow it by name in the front matter" in str(hit) for hit in found.hits)


# ---------------------------------------------------------------------------------------- properties


def pieces() -> Iterable[str]:
    for goes, stays in ROWS.values():
        yield from (text for text, _ in goes)
        yield from (left for _, left in goes)
        yield from stays
    yield from [
        *pem(),
        GONE,
        "\n",
        " ",
        '"',
        "'",
        "=",
        ":",
        "@",
        "/",
        ".",
        "://",
        "https://",
        "PASSWORD=",
        "mirror",
        "token: ",
        "-",
        "\\",
    ]


texts = st.lists(st.one_of(st.sampled_from(list(pieces())), st.text(max_size=4)), max_size=7).map("".join)


@given(texts)
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
    assert once.count("\n") == text.count("\n")


@given(texts, st.lists(st.sampled_from(list(pieces())), max_size=3))
def test_redacting_twice_with_allowed_texts_changes_nothing_more(text: str, allow: list[str]) -> None:
    once = redact(text, allow)
    assert redact(once, allow) == once


@given(
    st.sampled_from([(text, left) for rule in ("github-token", "aws-key", "jwt", "npm-token") for text, left in ROWS[rule][0]]),
    texts,
    texts,
)
def test_a_token_never_stays_whatever_stands_around_it(row: tuple[str, str], before: str, behind: str) -> None:
    token = row[0].split()[2]
    assert token not in redact(f"{before} {token} {behind}")


@given(st.lists(texts, max_size=6))
def test_colours_lie_within_their_lines(lines: list[str]) -> None:
    whole = [Line(text, tuple(Span(at, at + 3, "red") for at in range(0, len(text) - 3, 4))) for text in lines]
    found = Redactor().lines(whole)
    assert len(found.lines) == len(lines)
    for before, after in zip(whole, found.lines, strict=True):
        texts_before = {before.text[s.start : s.end] for s in before.spans}
        assert all(0 <= s.start < s.end <= len(after.text) and after.text[s.start : s.end] in texts_before for s in after.spans)


@pytest.mark.parametrize(
    "line",
    [
        "a" * 400, "password " * 44, "sk-ghp_token=" * 30, "-" * 400, "://@:" * 80, "a.b-" * 100, "registry.a." * 36, json.dumps({"token": "x" * 380}),
        "[=>] 12.3MB/45.6MB " * 20, "https://example.com/ " * 19, "key " * 100, "x" * 20 + "=" * 380, '"password' * 44, "curl " * 80,
    ],
)  # fmt: skip
def test_four_hundred_lines_are_quick(line: str) -> None:
    lines = [Line(line)] * 400
    Redactor().lines(lines[:1])
    began = time.process_time()
    Redactor().lines(lines)
    assert time.process_time() - began < 3  # ten times what it takes: a slow pattern takes minutes
