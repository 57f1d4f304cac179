"""The table of what is never published: one row a rule, with the source of each.

Rows that name `gitleaks` follow facts (prefixes, alphabets, lengths) of config/gitleaks.toml of github.com/gitleaks/gitleaks (MIT licence),
as of July 2026, by the ids of its rules; the expressions are our own, and often shorter ones will do: a token that was cut is still one.
Other scanners were looked at: detect-secrets (Apache-2.0) knows about a quarter of these, and tells that a line holds a secret, not where it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

__all__ = ["PRIVATE_KEY", "REDACTIONS", "Redaction"]


@dataclass(frozen=True)
class Redaction:
    """One rule of what is never published.

    Args:
        id: its name in this table.
        what: what it finds, as words for a sentence: “an output held …”.
        source: where the rule comes from.
        keywords: in lower case; a line without any of them is not searched, which is most of the speed.
        patterns: regular expressions of one line; what is taken out is the group `secret`, or the whole match.
    """

    id: str
    what: str
    source: str
    keywords: tuple[str, ...]
    patterns: tuple[str, ...]

    @cached_property
    def compiled(self) -> tuple[re.Pattern[str], ...]:
        """The patterns, made ready when first needed: there are many, and most outputs need none."""
        return tuple(map(re.compile, self.patterns))


def _token(id_: str, what: str, source: str, keywords: str, *patterns: str) -> Redaction:
    """A token that is known by how it begins."""
    return Redaction(id_, what, source, tuple(keywords.split()), tuple(rf"(?<![A-Za-z0-9])(?:{p})" for p in patterns))


# ---------------------------------------------------------------------------------------- keys

PRIVATE_KEY = Redaction(
    "private-key",
    "a private key",
    "gitleaks private-key; RFC 7468. Its other lines are found by redact.py",
    ("private key", "private-lines"),
    (r"-----BEGIN[ A-Z0-9_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END[ A-Z0-9_-]{0,100}?KEY(?: BLOCK)?-----|.*)",),
)

# -------------------------------------------------------------------------------------- tokens

_TOKENS = (
    _token(
        "github-token",
        "a GitHub token",
        "gitleaks github-pat, github-oauth, github-app-token, github-refresh-token, github-fine-grained-pat",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"gh[opusr]_[A-Za-z0-9]{16,}",
        r"github_pat_\w{16,}",
    ),
    _token(
        "gitlab-token",
        "a GitLab token",
        "gitleaks gitlab-pat, gitlab-deploy-token, gitlab-runner-authentication-token, gitlab-rrt, gitlab-session-cookie and its siblings",
        "glpat- gldt- glft- glrt- glcbt- glptt- glagent- gloas- glsoat- glffct- glimt- gr1348941 _gitlab_session=",
        r"gl(?:pat|dt|ft|rt|cbt|ptt|agent|oas|soat|ffct|imt)-[\w.-]{16,}",
        r"GR1348941[\w-]{20,}",
        r"(?<=_gitlab_session=)[0-9a-z]{32}",
    ),
    _token(
        "docker-hub-token",
        "a Docker Hub token",
        "github.com/docker/docker-agent, secretsscan (May 2026)",
        "dckr_pat_ dckr_oat_",
        r"dckr_[po]at_[\w-]{16,}",
    ),
    _token(
        "swarm-token",
        "a swarm's join token or unlock key",
        "docs.docker.com/engine/swarm/: what `docker swarm join-token` and `docker swarm unlock-key` print",
        "swmtkn- swmkey-",
        r"SWMTKN-\d-[a-z0-9-]{20,}",
        r"SWMKEY-\d-[A-Za-z0-9+/]{20,}",
    ),
    _token("npm-token", "an npm token", "gitleaks npm-access-token", "npm_", r"npm_[A-Za-z0-9]{16,}"),
    _token("pypi-token", "a PyPI token", "gitleaks pypi-upload-token", "pypi-ag", r"pypi-Ag[\w-]{16,}"),
    _token("rubygems-token", "a RubyGems token", "gitleaks rubygems-api-token", "rubygems_", r"rubygems_[a-f0-9]{48}"),
    _token("clojars-token", "a Clojars token", "gitleaks clojars-api-token", "clojars_", r"CLOJARS_[a-z0-9]{60}"),
    _token(
        "artifactory-token",
        "an Artifactory token",
        "gitleaks artifactory-api-key, artifactory-reference-token",
        "akcp cmvmd",
        r"AKCp[A-Za-z0-9]{69}(?!\w)",
        r"cmVmd[A-Za-z0-9]{59}(?!\w)",
    ),
    _token(
        "aws-key",
        "an AWS key",
        "gitleaks aws-access-token, aws-amazon-bedrock-api-key-long-lived, aws-amazon-bedrock-api-key-short-lived",
        "a3t akia asia abia acca absk bedrock-api-key-",
        r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
        r"ABSK[A-Za-z0-9+/]{109,}={0,2}",
        r"bedrock-api-key-[A-Za-z0-9+/]{20,}={0,2}",
    ),
    _token("gcp-key", "a Google Cloud key", "gitleaks gcp-api-key", "aiza", r"AIza[\w-]{35}"),
    _token(
        "azure-secret",
        "an Azure client secret",
        "gitleaks azure-ad-client-secret",
        "q~",
        r"[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{31,34}",
    ),
    _token("alibaba-key", "an Alibaba Cloud key", "gitleaks alibaba-access-key-id", "ltai", r"LTAI[A-Za-z0-9]{20}(?!\w)"),
    _token(
        "digitalocean-token",
        "a DigitalOcean token",
        "gitleaks digitalocean-pat, digitalocean-access-token, digitalocean-refresh-token",
        "doo_v1_ dop_v1_ dor_v1_",
        r"do[opr]_v1_[a-f0-9]{64}",
    ),
    _token("cloudflare-key", "a Cloudflare key", "gitleaks cloudflare-origin-ca-key", "v1.0-", r"v1\.0-[a-f0-9]{24}-[a-f0-9]{146}"),
    _token("heroku-key", "a Heroku key", "gitleaks heroku-api-key-v2", "hrku-aa", r"HRKU-AA[\w-]{58}"),
    _token(
        "flyio-token",
        "a Fly.io token",
        "gitleaks flyio-access-token",
        "fo1_ fm1 fm2_",
        r"fo1_[\w-]{43}",
        r"fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3}",
    ),
    _token(
        "hashicorp-token",
        "a Vault or Terraform token",
        "gitleaks vault-service-token, vault-batch-token, hashicorp-tf-api-token",
        "hvs. hvb. .atlasv1.",
        r"hv[sb]\.[\w-]{24,}",
        r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}",
    ),
    _token("pulumi-token", "a Pulumi token", "gitleaks pulumi-api-token", "pul-", r"pul-[a-f0-9]{40}"),
    _token("doppler-token", "a Doppler token", "gitleaks doppler-api-token", "dp.pt.", r"dp\.pt\.[A-Za-z0-9]{43}"),
    _token("databricks-token", "a Databricks token", "gitleaks databricks-api-token", "dapi", r"dapi[a-f0-9]{32}(?:-\d)?(?!\w)"),
    _token(
        "planetscale-token",
        "a PlanetScale token",
        "gitleaks planetscale-api-token, planetscale-oauth-token, planetscale-password",
        "pscale_",
        r"pscale_(?:tkn|oauth|pw)_[\w=.-]{32,64}",
    ),
    _token("openshift-token", "an OpenShift token", "gitleaks openshift-user-token", "sha256~", r"sha256~[\w-]{43}"),
    _token(
        "openai-key",
        "an OpenAI key",
        "gitleaks openai-api-key",
        "sk-",
        r"sk-(?:proj|svcacct|admin)-[\w-]{16,}",
        r"sk-[A-Za-z0-9]{32,}",
    ),
    _token(
        "anthropic-key", "an Anthropic key", "gitleaks anthropic-api-key, anthropic-admin-api-key", "sk-ant-", r"sk-ant-[\w-]{16,}"
    ),
    _token(
        "huggingface-token",
        "a Hugging Face token",
        "gitleaks huggingface-access-token, huggingface-organization-api-token",
        "hf_ api_org_",
        r"(?:hf|api_org)_[A-Za-z]{34}(?!\w)",
    ),
    _token("perplexity-key", "a Perplexity key", "gitleaks perplexity-api-key", "pplx-", r"pplx-[A-Za-z0-9]{48}"),
    _token(
        "slack-token",
        "a Slack token",
        "gitleaks slack-bot-token, slack-user-token, slack-app-token, slack-config-access-token, slack-legacy-token and its siblings",
        "xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-",
        r"xox[abeoprs][-.][\w.-]{10,}",
        r"xapp-\d-[A-Za-z0-9]+-\d+-[A-Za-z0-9]+",
    ),
    _token(
        "webhook",
        "the address of a webhook",
        "gitleaks slack-webhook-url, microsoft-teams-webhook",
        "hooks.slack.com webhook.office.com",
        r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}",
        r"(?<=\.webhook\.office\.com/)webhookb2/[\w@/-]{20,}",
        r"[a-z0-9]+(?=\.webhook\.office\.com/)",
    ),
    _token("telegram-token", "a Telegram token", "gitleaks telegram-bot-api-token", ":a", r"\d{5,16}:A[\w-]{34}(?![\w-])"),
    _token("stripe-key", "a Stripe key", "gitleaks stripe-access-token", "sk_ rk_", r"[sr]k_(?:test|live|prod)_[A-Za-z0-9]{10,99}"),
    _token("square-token", "a Square token", "gitleaks square-access-token", "eaaa sq0atp-", r"(?:EAAA|sq0atp-)[\w-]{22,60}"),
    _token("facebook-token", "a Facebook token", "gitleaks facebook-page-access-token", "eaam eaac", r"EAA[MC][A-Za-z0-9]{100,}"),
    _token(
        "shopify-token",
        "a Shopify token",
        "gitleaks shopify-access-token, shopify-custom-access-token, shopify-private-app-access-token, shopify-shared-secret",
        "shpat_ shpca_ shppa_ shpss_",
        r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    ),
    _token("twilio-key", "a Twilio key", "gitleaks twilio-api-key", "sk", r"SK[0-9a-fA-F]{32}(?!\w)"),
    _token("sendgrid-token", "a SendGrid token", "gitleaks sendgrid-api-token", "sg.", r"SG\.[\w=-]{16,}\.[\w=-]{16,}"),
    _token(
        "sendinblue-token",
        "a Sendinblue token",
        "gitleaks sendinblue-api-token",
        "xkeysib-",
        r"xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
    ),
    _token("mailchimp-key", "a Mailchimp key", "gitleaks mailchimp-api-key", "-us", r"[a-f0-9]{32}-us\d{1,2}(?!\w)"),
    _token("postman-token", "a Postman token", "gitleaks postman-api-token", "pmak-", r"PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
    _token("linear-key", "a Linear key", "gitleaks linear-api-key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}"),
    _token("notion-token", "a Notion token", "gitleaks notion-api-token", "ntn_", r"ntn_\d{11}[A-Za-z0-9]{35}"),
    _token("typeform-token", "a Typeform token", "gitleaks typeform-api-token", "tfp_", r"tfp_[\w.=-]{59}"),
    _token("octopus-key", "an Octopus Deploy key", "gitleaks octopus-deploy-api-key", "api-", r"API-[A-Z0-9]{26}(?!\w)"),
    _token(
        "sentry-token",
        "a Sentry token",
        "gitleaks sentry-org-token, sentry-user-token",
        "sntrys_ sntryu_",
        r"sntrys_[\w+/=-]{20,}",
        r"sntryu_[a-f0-9]{64}",
    ),
    _token(
        "new-relic-key",
        "a New Relic key",
        "gitleaks new-relic-user-api-key, new-relic-insert-key, new-relic-browser-api-token",
        "nrak- nrii- nrjs-",
        r"NR(?:AK|II|JS)-[A-Za-z0-9-]{19,32}",
    ),
    _token(
        "grafana-token",
        "a Grafana token",
        "gitleaks grafana-api-key, grafana-cloud-api-token, grafana-service-account-token",
        "eyjrijoi glc_ glsa_",
        r"eyJrIjoi[A-Za-z0-9]{70,}={0,3}",
        r"glc_[A-Za-z0-9+/]{32,}={0,3}",
        r"glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}",
    ),
    _token(
        "dynatrace-token",
        "a Dynatrace token",
        "gitleaks dynatrace-api-token",
        "dt0c01.",
        r"dt0c01\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}",
    ),
    _token("sonar-token", "a SonarQube token", "gitleaks sonar-api-token", "squ_ sqp_ sqa_", r"sq[upa]_[a-f0-9]{40}"),
    _token(
        "sourcegraph-token",
        "a Sourcegraph token",
        "gitleaks sourcegraph-access-token",
        "sgp_",
        r"sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}",
    ),
    _token("prefect-token", "a Prefect token", "gitleaks prefect-api-token", "pnu_", r"pnu_[A-Za-z0-9]{36}"),
    _token("infracost-token", "an Infracost token", "gitleaks infracost-api-token", "ico-", r"ico-[A-Za-z0-9]{32}(?!\w)"),
    _token(
        "1password-key",
        "a 1Password key",
        "gitleaks 1password-secret-key, 1password-service-account-token",
        "a3- ops_eyj",
        r"A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
        r"ops_eyJ[A-Za-z0-9+/]{40,}={0,3}",
    ),
    _token("age-key", "an age key", "gitleaks age-secret-key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{16,}"),
    _token(
        "jwt",
        "a JSON Web Token",
        "gitleaks jwt, jwt-base64; RFC 7519: two or more parts in base64url, the first one begins like an object",
        "eyj zxlk",
        r"eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)*",
        r"ZXlK[A-Za-z0-9+/_-]{40,}={0,2}",
    ),
)

# --------------------------------------------------------------------------- named as a secret

# How a name of a secret ends: gitleaks' generic-api-key names the words. A name that goes on, as `…_PASSWORD_FILE` does, is of something else.
_NAME = (
    r"(?i:pass(?:word|wd|phrase)|secret|token|credentials?|(?:api|access|account|auth|encryption|private|secret|shared|signing)[_-]?key"
    r"|secret[_-]?key[_-]?base|[_-]pwd|[_-]pass)\d?"
)
_NAME_KEYWORDS = ("pass", "pwd", "secret", "token", "credential", "key")
# A reference, a word that switches something, or nothing any more.
_NO_VALUE = r"(?![$<*…%]|(?i:yes|no|true|false|on|off|none|null|undefined|string|[01])(?!\w)|/run/secrets/|process\.|os\.)"

_NAMED = (
    Redaction(
        "authorization",
        "an Authorization header",
        "RFC 9110, 11.6.2 and 11.7.2; gitleaks curl-auth-header, curl-auth-user; X-Registry-Auth: Docker's API",
        ("authorization", "x-", "private-token", "key:", "curl"),
        (
            r"(?i)\bauthorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?P<secret>(?:digest|aws4-hmac-sha256|hawk|negotiate|ntlm)\s.*)",
            r"(?i)\bauthorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:basic|bearer|token|apikey)\s+(?P<secret>[^\s\"'\\,…][^\s\"'\\,]*)",
            # Of another scheme only where a header begins: a registry's error says “may require authorization: server message: …”.
            r"(?i)(?:^\s*|[<>\"'{,]\s*|-H\s*)(?:proxy-)?authorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?!(?:basic|bearer|token|apikey)\b)(?P<secret>[^\s\"'\\][^\"'\\]*[^\s\"'\\]|[^\s\"'\\])",
            r"(?i)\b(?:x-[\w-]{0,30}(?:auth|config|token|key)|private-token|api-?key):\s*(?P<secret>[\w=~@.+/-]{8,})",
            r"\bcurl\b.*?\s(?:-u|--user)[ =]?[\"']?(?P<secret>[^\s\"':$]+:[^\s\"'$]+)",
        ),
    ),
    Redaction(
        "docker-config-auth",
        "a registry's credentials",
        "docs.docker.com/reference/cli/docker/login/: `auths` of config.json",
        ("auth", "identitytoken", "registrytoken"),
        (
            r"(?i)[\"'](?:_?auth|identitytoken|registrytoken|_authtoken)\\?[\"']\s*:\s*\\?[\"'](?!none\b|basic\b|…)(?P<secret>[^\"'\\\s]+)",
            r"(?<=_auth)(?:Token)?\s?=\s?\"?(?P<secret>[^\s\"…]+)",
        ),
    ),
    Redaction(
        "assignment",
        "a value with a secret's name",
        "gitleaks generic-api-key, hashicorp-tf-password, kubernetes-secret-yaml",
        _NAME_KEYWORDS,
        (
            # "NAME=value" as docker inspect prints it; NAME="value"; NAME=value up to a blank, at a line's begin up to its end.
            rf"([\"'])[\w.-]{{0,60}}{_NAME}={_NO_VALUE}(?P<secret>(?:(?!\1)[^\\]|\\.)+)",
            rf"{_NAME}=\\?([\"']){_NO_VALUE}(?P<secret>(?:(?!\1).)+)",
            rf"^(?:(?:export|declare -x) )?(?=[A-Z0-9_]{{1,80}}=)\w*{_NAME}={_NO_VALUE}(?P<secret>[^\s\"'].*)",
            rf"(?<![a-z])(?=[A-Z0-9_]{{1,80}}=)[A-Z0-9_]{{0,60}}{_NAME}={_NO_VALUE}(?P<secret>[^\s\"']+?)(?=[\])}}]?(?:[\s\"']|$))",
            rf"{_NAME}={_NO_VALUE}(?P<secret>[^\s\"'&;]+?)(?=[\])}}]?(?:[\s\"'&;]|$))",
            # As a setting on a line of its own: `name: value`, `name = value`.
            rf"^\s*(?:-\s+)?[\"']?[\w.-]{{0,60}}{_NAME}[\"']?(?::\s+|\s+=\s*){_NO_VALUE}([\"']?)(?P<secret>[^\s\"'(){{}}\[\]|;]+)\1[,;]?$",
            # In JSON, and in what Node.js prints of an object.
            rf"(?<=[\"'])[\w.-]{{0,60}}{_NAME}\\?[\"']\s*:\s*\\?[\"']{_NO_VALUE}(?P<secret>(?:[^\"'\\]|\\[^\"'])+)",
            rf"\b[\w.-]{{0,60}}{_NAME}\s?[:=]\s?([\"']){_NO_VALUE}(?P<secret>(?:(?!\1)[^\s\\])+)\1",
        ),
    ),
)

# ----------------------------------------------------------------------------------- addresses

_HOST_ENDS = r"(?![\w-]|\.[\w-])"
# Hosts that may be shown, each only where it ends there: the reader's own machine, the documentation that Docker, Node.js and the images of
# this site's kind point to, and RFC 2606's. No registry, no mirror.
_HOSTS = (
    r"(?i:localhost|host\.docker\.internal|(?:docs\.|hub\.|www\.)?docker\.com|nodejs\.org|(?:docs\.)?github\.com|aka\.ms|example\.(?:com|net|org)"
    r"|(?:www|bugs)\.debian\.org|nginx\.(?:org|com))"
)
# Loopback; RFC 5737's for documentation; and the pools from which an engine takes its networks (docs.docker.com/engine/network/).
_ADDRESSES = (
    r"(?:127(?:\.\d{1,3}){3}|0\.0\.0\.0|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|192\.168(?:\.\d{1,3}){2}"
    r"|192\.0\.2\.\d{1,3}|198\.51\.100\.\d{1,3}|203\.0\.113\.\d{1,3})"
)
_ADDRESSES_6 = r"\[(?:::1?|f[de][0-9a-fA-F]{2}:[0-9a-fA-F:]*(?:%\w+)?|2001:db8:[0-9a-fA-F:]*)\]"
_MAY_BE_SHOWN = rf"(?:(?:{_HOSTS}|{_ADDRESSES}){_HOST_ENDS}|{_ADDRESSES_6})"
_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_LOOPBACK = r"127\.|\[?::1"
_NAME_OF_HOST = r"[\w-]+(?:\.[\w-]+)*"
_TOP = (
    r"(?:com|net|org|edu|gov|mil|int|info|biz|io|dev|app|cloud|tech|company|private|home|local|internal|intranet|corp|lan|[a-z]{2})"
)
_FILE = r"(?:js|ts|md|sh|py|go|rs|rb|cc|hh|gz|xz|db|so|pl|ps|tf|vb|in|do)"

_ADDRESS = (
    Redaction(
        "user-in-address",
        "a user name or password in an address",
        "RFC 3986, 3.2.1; gitleaks curl-auth-user; detect-secrets basic_auth",
        ("://",),
        (
            # A password may hold a slash, though it should not; a port before a path is none.
            r"://(?P<secret>[^\s/@:\[\"'`<>]*:(?!\d{1,5}[/?#\s])[^\s\"'`<>]+)@",
            r"://(?!git@)(?P<secret>[^\s/\"'`<>]+)@",
        ),
    ),
    Redaction(
        "proxy",
        "the address of a proxy",
        "docs.docker.com/engine/cli/proxy/ and what `docker info`, curl and Go's net/http print",
        ("proxy",),
        (
            (
                rf"(?i)\b(?:https?|ftp|all|socks|no)_proxy\\?[\"']?\s*[:=]\s*\\?[\"']?(?!\$|(?:\w+://)?{_HOSTS}{_HOST_ENDS}(?::\d+)?/?(?:[\s\"'\\]|$))"
                r"(?P<secret>[^\s\"'\\]+)"
            ),
            r"^\s*(?:HTTPS?|No) Proxy: +(?P<secret>\S.*)",
            r"(?i)[\"'](?:https?|ftp|all|no)Proxy\\?[\"']\s*:\s*\\?[\"'](?P<secret>[^\"'\\]+)",
            r"(?<=resolve proxy: )(?P<secret>[\w.-]+)",
            r"proxyconnect tcp: dial tcp(?:: lookup)? (?P<secret>[\w.-]+(?::\d+)?)",
        ),
    ),
    Redaction(
        "address",
        "an address",
        "our own: any host but those on a short list, which a host has to equal to its end",
        ("://", "git@"),
        (
            (
                rf"(?i)\b(?:https?|ftps?|wss?|socks\w{{0,2}}|ssh|git|rsync|tcp)://(?:[^\s/@\"'`]*@)?+(?!{_MAY_BE_SHOWN})"
                rf"(?P<secret>(?:\[[0-9a-fA-F:.%]+\]|{_NAME_OF_HOST})(?::\d+)?)"
            ),
            rf"\bgit@(?!{_MAY_BE_SHOWN})(?P<secret>{_NAME_OF_HOST})(?=:)",
        ),
    ),
    Redaction(
        "registry-host",
        "the host of a registry or mirror",
        "our own: labels by which such hosts are known; docker.io is the registry's name, and stays",
        (
            "registry",
            "index.",
            "auth.",
            "deb.",
            "mirror",
            "pypi",
            "files.",
            "npm",
            "proxy",
            "artifactory",
            "nexus",
            "apt.",
            "harbor",
            "archive.",
            "security.",
            "packages.",
        ),
        (
            (
                rf"(?<![\w.-])(?:[\w-]+\.)*?(?:[\w-]+-)?(?:registry(?:-\d)?|index|auth|deb|apt|mirrors?|pypi|files|npm|(?:go)?proxy|artifactory"
                rf"|nexus\d?|harbor|archive|security|packages)(?:\.[\w-]+){{1,4}}?\.(?!{_FILE}(?![\w-])){_TOP}(?![\w-]|\.\w)(?::\d+)?"
            ),
            # The registry that stands beside a sandbox, and others with a name of one word.
            r"(?<![\w./-])(?:(?:mirrors?|proxy|artifactory|nexus):\d{2,5}(?![\w.])|mirror:(?=\d+\.\d+\.))",
            r"(?<=lookup )mirror(?![\w.-])|(?<=host: )mirror(?![\w.-])",
            r"^(?:\d+\.){3}\d+\s.*?\b(?P<secret>mirror)(?![\w.-])",
        ),
    ),
    Redaction(
        "internal-host",
        "the host of an internal network",
        "RFC 6762, appendix G, and ICANN's reserved .internal",
        (".internal", ".corp", ".lan", ".intranet"),
        (
            (
                r"(?i)(?<![\w.-])(?!(?:(?:host|gateway|kubernetes|hubproxy)\.docker|host\.containers)\.internal(?![\w.-]))[\w-]+(?:\.[\w-]+)*\.(?:internal|corp|lan|intranet)"
                r"(?![\w-]|\.\w)(?::\d+)?"
            ),
        ),
    ),
    Redaction(
        "image-host",
        "the host of a registry",
        "github.com/distribution/reference: a name before the first slash with a port in it is a host",
        tuple(f":{digit}" for digit in range(10)),
        (
            rf"(?<![\w./@:-])(?!{_MAY_BE_SHOWN})(?P<secret>[\w-]+(?:\.[\w-]+)*\.(?!{_FILE}:)[a-z]{{2,}}:\d{{2,5}})(?=/(?!(?:tcp|udp|sctp)\b))",
        ),
    ),
    Redaction(
        "resolver",
        "the address of a name server",
        "Go's net.DNSError, resolv.conf(5), moby's resolvconf, dig and nslookup; 127.0.0.11 is Docker's own in every container",
        (":53", "#53", "lookup", "nameserver", "extservers", "server:", "search", "domain"),
        (
            rf"\blookup \S+ on (?!{_LOOPBACK})(?P<secret>\[[^\]\s]+\]|[\w.%-]+)(?=:\d+\b)",
            rf"(?<![\w.])(?!{_LOOPBACK}|0\.0\.0\.0|\[::\])(?P<secret>{_IPV4}|\[[0-9a-fA-F:.%]+\])(?=:53\b)",
            rf"^Server:\s+(?!{_LOOPBACK})(?P<secret>{_IPV4}|[0-9a-f]+:[0-9a-f:]+)",
            rf"\bnameserver\s+(?!{_LOOPBACK})(?P<secret>[0-9a-fA-F.:]+)",
            r"ExtServers: \[(?P<secret>[^\]…][^\]]*)\]",
            rf"(?!{_LOOPBACK})(?P<secret>(?<![\w.:])(?:{_IPV4}|[0-9a-fA-F]{{0,4}}:[0-9a-fA-F:]{{1,40}})#53(?:\([^)\s]*\))?)",
            r"^(?:search|domain)\s+(?P<secret>[\w-]+(?:\.[\w-]+)+(?:\s+[\w-]+(?:\.[\w-]+)+)*\.?)\s*$",
        ),
    ),
    Redaction(
        "looked-up-host",
        "the name of a host",
        "our own: where Go, curl, Node.js and BusyBox say which host they could not find or reach; a name of one word is a container's",
        ("lookup ", "resolve host", "onnect", "bad address", "getaddrinfo"),
        (
            (
                r"(?i)(?:\blookup |resolve host:? |\bconnect(?:ed|ing)? to |bad address |getaddrinfo \w+ )'?"
                rf"(?!{_MAY_BE_SHOWN}|docker\.io{_HOST_ENDS}|{_IPV4}(?![\w.]))(?P<secret>[\w-]+(?:\.[\w-]+)*\.(?!{_FILE}(?![\w-]))[a-z]{{2,}})(?![\w-]|\.\w)"
            ),
        ),
    ),
    Redaction(
        "machine-address",
        "an address of the machine's network",
        "our own: where Go, curl and BusyBox say to what they connect; an engine's own pools stay",
        ("dial ", "trying ", "onnect"),
        (
            rf"(?i)\b(?:dial (?:tcp|udp)|trying|connect(?:ed|ing)? to) (?!{_ADDRESSES}{_HOST_ENDS})(?P<secret>{_IPV4})",
            rf"(?i)\bconnect(?:ed|ing) to [^\s(]+ \((?!{_ADDRESSES}{_HOST_ENDS})(?P<secret>{_IPV4})",
        ),
    ),
    Redaction(
        "home",
        "a home folder",
        "our own; `reader` is the sandbox's user, `node` that of Node.js' images",
        ("/home/", "/users/", "\\users\\"),
        (
            r"(?<![\w.-])/(?:home|Users)/(?!(?:reader|node)(?![\w-]|\.\w))(?P<secret>[\w.@+~-]+)",
            r"(?i)\b[a-z]:\\{1,2}users\\{1,2}(?P<secret>[\w.@+~-]+)",
        ),
    ),
)

REDACTIONS: tuple[Redaction, ...] = (PRIVATE_KEY, *_TOKENS, *_NAMED, *_ADDRESS)
"""All rules, in the order in which they are applied to a line."""
