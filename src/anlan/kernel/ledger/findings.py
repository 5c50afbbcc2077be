"""What a check of the whole ledger found: where, what, in both languages; the first altered entry stands
first.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date

from anlan.kernel.words import Words

WORDS = {
    "body": Words(
        "内容与摘要不符：记录被改动", "the content does not give its digest: the entry was altered"
    ),
    "link": Words(
        "与上一条不相接：有记录被换、插入或重排",
        "it does not hang on the entry before: entries were replaced, inserted or reordered",
    ),
    "seq": Words("序号不连续：此处缺少记录", "the numbers have a gap: an entry is missing here"),
    "missing": Words(
        "锚定时有此记录，现已不在：被删除（连同其后的记录，或整条链）",
        "it was there when anchored and is gone: deleted, alone, with what followed, or with the whole chain",
    ),
    "rewritten": Words(
        "与每日锚定不符：从此处起的记录被整段重写",
        "it differs from the daily anchor: the entries from here on were rewritten",
    ),
    "private": Words(
        "个人信息部分与摘要不符，或未经登记而缺失",
        "the private part does not give its digest, or is gone without an entry that says so",
    ),
    "anchor": Words("锚定记录被改动", "the anchor was altered"),
    "anchor_missing": Words("锚定记录缺失", "an anchor is missing"),
    "anchor_root": Words("锚定的默克尔根与其叶不符", "the anchor's Merkle root does not fit its leaves"),
    "anchor_signature": Words("锚定的签名不是本平台的", "the anchor is not signed by this installation"),
    "published": Words("锚定与对外公布的不同", "the anchor differs from the one published"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written."""

    what: str
    chain: uuid.UUID | None = None
    seq: int | None = None
    subject: str = ""
    number: str = ""
    day: date | None = None

    @property
    def words(self) -> Words:
        """Return what is wrong, in both languages."""
        return WORDS[self.what]

    @property
    def place(self) -> Words:
        """Return where it is, in both languages."""
        if self.chain is None:
            when = self.day or "?"
            return Words(f"{when} 的锚定", f"anchor of {when}")
        name = " ".join(part for part in (self.subject, self.number) if part)
        return Words(
            f"{name} 链 {self.chain} 第 {self.seq} 条", f"{name} chain {self.chain} entry {self.seq}"
        )


@dataclass
class Report:
    """The outcome of a check: counts, and findings in the order in which they were met."""

    entries: int = 0
    chains: int = 0
    anchors: int = 0
    unanchored: int = 0
    erased: int = 0
    demonstrations_removed: int = 0
    faults: int = 0
    findings: list[Finding] = field(default_factory=list)
    most: int = 20

    @property
    def sound(self) -> bool:
        """Say whether nothing was found."""
        return not self.faults

    def add(self, finding: Finding) -> None:
        """Keep a finding; beyond ``most`` only their number is kept."""
        self.faults += 1
        if len(self.findings) < self.most:
            self.findings.append(finding)
