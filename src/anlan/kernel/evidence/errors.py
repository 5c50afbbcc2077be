"""Refusals of evidence, worded for the person who sent the file. Faces turn ``code`` into an answer."""

from __future__ import annotations

from anlan.kernel.words import Words


class EvidenceRefused(Exception):
    """What was sent is not taken; ``code`` is stable, ``words`` says why in both languages."""

    def __init__(self, code: str, words: Words) -> None:
        super().__init__(f"{code}: {words.en}")
        self.code = code
        self.words = words


def megabytes(size: int) -> str:
    """Return a size as people read it."""
    return f"{size / 1024 / 1024:.0f} MB" if size >= 1024 * 1024 else f"{size / 1024:.0f} KB"


def too_large(limit: int) -> EvidenceRefused:
    """Return the refusal of a file beyond its limit (bytes)."""
    at_most = megabytes(limit)
    words = Words("文件太大：最多 {limit}", "The file is too large: at most {limit}").filled(limit=at_most)
    return EvidenceRefused("too_large", words)


def empty() -> EvidenceRefused:
    """Return the refusal of a file without content."""
    return EvidenceRefused("empty", Words("文件是空的", "The file is empty"))


def unknown_type() -> EvidenceRefused:
    """Return the refusal of a content that is none of the accepted kinds."""
    return EvidenceRefused(
        "type_not_accepted",
        Words(
            "不接受这种文件：请用照片（JPEG、PNG、WebP、GIF）、PDF、Word、Excel、文本、视频（MP4）或录音（MP3、M4A、WAV）",
            "This kind of file is not accepted: use a photo (JPEG, PNG, WebP, GIF), PDF, Word, Excel, text, "
            "a video (MP4) or a recording (MP3, M4A, WAV)",
        ),
    )


def mismatch(claimed: str, found: str) -> EvidenceRefused:
    """Return the refusal of a file that is not what its name or its sender says."""
    words = Words(
        "文件内容与名称不符：名称表示 {claimed}，内容是 {found}",
        "The content does not match the name: it says {claimed}, but it is {found}",
    )
    return EvidenceRefused("type_mismatch", words.filled(claimed=claimed, found=found))


def bad_image() -> EvidenceRefused:
    """Return the refusal of an image that cannot be read or has too many pixels."""
    return EvidenceRefused(
        "bad_image",
        Words("图片损坏，或像素过多，无法读取", "The image is damaged or has too many pixels to be read"),
    )


def not_yours() -> EvidenceRefused:
    """Return the refusal to bind evidence that is unknown or somebody else's; one answer for both."""
    return EvidenceRefused("unknown_evidence", Words("找不到这份证据材料", "There is no such evidence"))
