"""The outcome of checking a bundle: one line per check, worded in both languages, for the command and the
public page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from anlan.kernel.ledger.findings import WORDS as LEDGER_WORDS
from anlan.kernel.words import Words

ENTRY = re.compile(r"\bentry (\d+)")
RECORD = re.compile(r"\brecord (\d+)")
PASSED, FAILED, OPEN = "passed", "failed", "open"
STATES = {PASSED: Words("通过", "Passed"), FAILED: Words("不通过", "Failed"), OPEN: Words("未能确认", "Open")}
NAMES = {
    "archive": Words("文件包可以安全打开", "The bundle opens safely"),
    "manifest": Words("清单格式正确", "The manifest has the right format"),
    "signature": Words("清单由平台签名", "The manifest is signed by the platform"),
    "entries": Words("记录逐条相接、未被改动", "The entries hang together and are unaltered"),
    "device": Words(
        "手机采集的记录逐条相接、未被改动", "What a phone captured hangs together and is unaltered"
    ),
    "private": Words("个人信息与摘要相符", "Personal data gives its digest"),
    "anchors": Words("每日锚定相接并有签名", "The daily anchors hang together and are signed"),
    "proofs": Words("记录已被每日锚定固定", "The entries are held by daily anchors"),
    "evidence": Words("证据材料原件未被改动", "The evidence originals are unaltered"),
    "page": Words("阅读页与清单一致，没有多余文件", "The reading page fits the manifest; no extra files"),
}
REASONS = {
    **LEDGER_WORDS,
    "not_a_zip": Words("不是完整的 ZIP 文件", "not a complete ZIP file"),
    "too_many_members": Words("文件数量过多", "too many files inside"),
    "too_large": Words("内容过大", "the content is too large"),
    "missing_member": Words("缺少文件", "a file is missing"),
    "damaged_member": Words("文件损坏", "a file is damaged"),
    "unsafe_name": Words("含有不安全的文件名", "it holds an unsafe file name"),
    "repeated_name": Words("文件名重复", "a file name is repeated"),
    "unsupported_member": Words("含有加密或不支持的压缩方式", "it holds encrypted or unsupported members"),
    "bad_json": Words("清单不是规范的 JSON", "the manifest is not proper JSON"),
    "malformed": Words("清单缺项或格式不对", "the manifest lacks something or has the wrong shape"),
    "not_signed": Words("签名与内容不符：清单被改动", "the signature does not fit: the manifest was altered"),
    "unknown_key": Words("签名的公钥不是所信任的", "it was signed with a key that is not trusted"),
    "compare_key": Words(
        "签名有效；请把公钥与平台公布的核对",
        "the signature is valid; compare the key with the one the platform publishes",
    ),
    "withheld": Words("个人信息未随包提供，只有摘要", "personal data is withheld; only digests are here"),
    "not_yet_anchored": Words(
        "这些记录尚未锚定（次日完成）", "these entries are not anchored yet (done the next day)"
    ),
    "evidence_unnamed": Words("有文件未被任何记录引用", "a file is named by no entry"),
    "evidence_withheld": Words(
        "原件未随包提供，只有摘要", "the original is withheld; only its digest is here"
    ),
    "evidence_altered": Words("原件与记录的摘要不符：被改动或调换", "the original was altered or swapped"),
    "device_shape": Words("手机记录缺项或格式不对", "a record of the phone lacks something"),
    "device_seq": Words("手机记录有缺失或重复", "a record of the phone is missing or repeated"),
    "device_link": Words("手机记录与前一条不相接", "a record of the phone does not hang on the one before"),
    "device_body": Words("手机记录的内容被改动", "a record of the phone was altered"),
    "device_head": Words(
        "手机记录的末条与存证不符", "the last record of the phone is not the one in the ledger"
    ),
    "page_altered": Words("阅读页被改动", "the reading page was altered"),
    "stranger": Words("含有清单以外的文件", "it holds a file that the manifest does not list"),
}


@dataclass(frozen=True)
class Check:
    """One check: what was asked, how it ended, why, and where."""

    name: str
    state: str
    reason: str = ""
    where: str = ""

    @property
    def words(self) -> Words:
        """Return what was checked."""
        return NAMES[self.name]

    @property
    def state_words(self) -> Words:
        """Return how it ended."""
        return STATES[self.state]

    @property
    def place(self) -> Words | None:
        """Return where, or how many, in both languages."""
        if not self.where:
            return None
        if self.where.isdigit():
            return Words(f"共 {self.where} 项", f"{self.where} in all")
        return Words(RECORD.sub(r"第 \1 项采集", ENTRY.sub(r"第 \1 条", self.where)), self.where)

    @property
    def reason_words(self) -> Words | None:
        """Return why, where there is something to say."""
        return REASONS.get(self.reason)


@dataclass
class CaseReport:
    """All checks of one bundle, in order, and what the bundle says of itself."""

    checks: list[Check] = field(default_factory=list)
    title: dict[str, str] = field(default_factory=dict)
    chain: str = ""
    key: str = ""
    exported_at: str = ""
    entries: int = 0
    anchored: int = 0
    evidence: int = 0

    @property
    def sound(self) -> bool:
        """Say whether no check failed."""
        return bool(self.checks) and all(check.state != FAILED for check in self.checks)

    @property
    def first_fault(self) -> Check | None:
        """Return the first check that failed."""
        return next((check for check in self.checks if check.state == FAILED), None)

    def add(self, name: str, state: str, reason: str = "", where: str = "") -> None:
        """Write down one check."""
        self.checks.append(Check(name, state, reason, where))
