"""The choices of penalty cases, in the field's words."""

from __future__ import annotations

from anlan.kernel.words import Words

UNIT, PERSON = "unit", "person"
RESPONDENTS = [(UNIT, Words("单位", "The enterprise")), (PERSON, Words("个人", "A person"))]

STOP, REVOKE = "stop", "revoke"
OTHER_PENALTIES = [
    ("none", Words("无", "None")),
    ("warning", Words("警告", "Warning")),
    ("confiscate", Words("没收违法所得", "Confiscation of illegal income")),
    (STOP, Words("责令停产停业", "Stop of production or business")),
    (REVOKE, Words("吊销许可证件", "Revocation of a permit")),
]
# These carry the right to a hearing whatever the fine (行政处罚法 第六十三条).
HEARD_WHATEVER_THE_FINE = frozenset({STOP, REVOKE})

YES, NO = "yes", "no"
HEARING_RIGHTS = [
    (YES, Words("有听证权利", "There is a right to a hearing")),
    (NO, Words("没有听证权利", "There is no right to a hearing")),
]

SERVICE_WAYS = [
    ("at_once", Words("宣告后当场交付", "Handed over after announcing it")),
    ("direct", Words("直接送达", "Delivered in person")),
    ("left", Words("留置送达", "Left at the place")),
    ("mail", Words("邮寄送达", "By mail")),
    ("electronic", Words("经同意以传真、电子邮件送达", "By fax or e-mail, with consent")),
    ("public", Words("公告送达", "By public notice")),
]

RECEIVERS = [
    ("authority", Words("有管辖权的其他机关", "Another authority that has jurisdiction")),
    ("police", Words("公安机关（涉嫌犯罪）", "The police (suspected crime)")),
    ("discipline", Words("纪检监察机关", "The body of discipline and supervision")),
]
