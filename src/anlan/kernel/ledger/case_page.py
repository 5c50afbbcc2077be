"""The reading page of a bundle: the case in plain sentences, Chinese with English, printable, without any
script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from anlan.kernel.clock import CHINA
from anlan.kernel.words import Words

STYLE = """
body{font:16px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:52rem;margin:2rem auto;
padding:0 1rem;color:#1b2733}h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin-top:2rem}
.en{color:#5b6875;font-size:.9em}ol{list-style:none;padding:0}ol>li{border-left:3px solid #0f5e66;padding:.2rem 0 .8rem 1rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.4rem 0}dd{margin:0}
ul{padding:0;margin:.2rem 0;list-style:none;font-size:.9em}
time{font-variant-numeric:tabular-nums;color:#5b6875}code{font-size:.8em;word-break:break-all}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #d5dbe0;padding:.3rem .5rem;text-align:left}
@page{size:A4;margin:18mm}
"""


@dataclass(frozen=True)
class Told:
    """One entry as people read it: the sentence, and what was answered, each with its label."""

    sentence: Words
    facts: Sequence[tuple[Words, str]] = ()


def case_page(manifest: dict[str, Any], told: Sequence[Told]) -> str:
    """Return the HTML page of a manifest; ``told`` are its entries in words, in order."""
    title = manifest["title"]
    return f"""<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<title>{escape(title["zh"])}</title><style>{STYLE}</style></head><body>
<h1>{escape(title["zh"])}</h1><p class="en">{escape(title["en"])}</p>
<p>导出时间 <span class="en">exported at</span> {_local(manifest["exported_at"])}　链号 <span class="en">chain</span>
<code>{escape(manifest["chain"])}</code></p>
<h2>经过 <span class="en">What happened</span></h2><ol>{_timeline(manifest, told)}</ol>
{_evidence(manifest)}
<h2>如何核验 <span class="en">How to check</span></h2>
<p>在平台的“案卷核验”页面上传整个文件包，或运行 <code>./anlan verify-case 文件</code>；算法公开，见项目文档 ledger.md。
每条记录含上一条的摘要（SHA-256 与 SM3），每日锚定由平台签名。公钥：<code>{escape(manifest["public_key"])}</code></p>
<p class="en">Upload the whole bundle on the platform's “Check a case” page, or run <code>./anlan verify-case FILE</code>.
Every entry holds the digests (SHA-256 and SM3) of the one before; daily anchors are signed with the key above.</p>
</body></html>
"""


def _timeline(manifest: dict[str, Any], told: Sequence[Told]) -> str:
    return "\n".join(_moment(item, one) for item, one in zip(manifest["entries"], told, strict=True))


def _moment(item: dict[str, Any], told: Told) -> str:
    body = item["body"]
    late = body["received_at"][:16] > body["at"][:16]
    received = f' <span class="en">收到 received {_local(body["received_at"])}</span>' if late else ""
    facts = "".join(
        f"<dt>{escape(label.zh)} <span class='en'>{escape(label.en)}</span></dt><dd>{escape(value)}</dd>"
        for label, value in told.facts
    )
    rules = "".join(f"<li>{_rule(rule)}</li>" for rule in body["rules"] if isinstance(rule, dict))
    return (
        f"<li><time>{_local(body['at'])}</time>{received}<br><b>{escape(told.sentence.zh)}</b>"
        f'<br><span class="en">{escape(told.sentence.en)}</span>'
        + (f"<dl>{facts}</dl>" if facts else "")
        + (f"<ul>{rules}</ul>" if rules else "")
        + f"<code>{body['seq']} · {escape(item['sha256'])}</code></li>"
    )


def _rule(rule: dict[str, Any]) -> str:
    value = " ".join(str(rule[part]) for part in ("value", "unit") if isinstance(rule.get(part), (str, int)))
    clause = " ".join(str(rule[part]) for part in ("law", "article") if rule.get(part))
    parts = [f"{rule.get('key', '')} = {value}", clause, str(rule.get("version", ""))]
    return "依据 <span class='en'>by rule</span> " + escape(" · ".join(part for part in parts if part))


def _evidence(manifest: dict[str, Any]) -> str:
    if not manifest["evidence"]:
        return ""
    rows = "\n".join(
        f"<tr><td>{_entries_of(manifest, item)}</td><td>{_file(item)}</td>"
        f"<td><code>{escape(item['sha256'])}</code></td></tr>"
        for item in manifest["evidence"]
    )
    head = "<tr><th>条 <span class='en'>entry</span></th><th>原件 <span class='en'>original</span></th><th>SHA-256</th></tr>"
    return f'<h2>证据材料 <span class="en">Evidence</span></h2><table>{head}{rows}</table>'


def _entries_of(manifest: dict[str, Any], item: dict[str, Any]) -> str:
    bodies = (entry["body"] for entry in manifest["entries"])
    return ", ".join(str(body["seq"]) for body in bodies if item["sha256"] in body["evidence"])


def _file(item: dict[str, Any]) -> str:
    if item.get("withheld"):
        return '未随包提供 <span class="en">withheld</span>'
    return f'<a href="{escape(item["file"])}">{escape(item["name"])}</a>'


def _local(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
