"""Accounts, API tokens and the log of access to personal data."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from anlan.kernel.ids import new_id
from anlan.kernel.scope.models import Person, Post
from anlan.kernel.scope.posts import POST_KINDS
from anlan.kernel.vault import EncryptedText
from anlan.kernel.words import Words

LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LONGEST_AGENT = 300
THEMES = [
    ("auto", Words("随系统", "As the device")),
    ("light", Words("浅色", "Light")),
    ("dark", Words("深色", "Dark")),
]


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by user name; makes them with a hashed password."""

    def create(self, **fields: object) -> Account:
        """Create an account; ``password`` is hashed with argon2."""
        password = fields.pop("password", None)
        account = self.model(**fields)
        account.set_password(str(password) if password is not None else None)
        account.save(using=self._db)
        return account


class Account(AbstractBaseUser):
    """How a person signs in. The second factor is obligatory for posts of officers and leaders once enrolled."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(Words("用户名", "User name"), max_length=64, unique=True)
    person = models.OneToOneField(Person, models.PROTECT, related_name="account")
    language = models.CharField(
        Words("语言", "Language"), max_length=10, choices=LANGUAGES, default="zh-hans"
    )
    theme = models.CharField(Words("外观", "Appearance"), max_length=8, choices=THEMES, default="auto")
    is_active = models.BooleanField(default=True)
    totp_secret = EncryptedText(blank=True, default="")
    totp_confirmed_at = models.DateTimeField(null=True)
    totp_last_step = models.BigIntegerField(default=0)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    # Until when a password given by somebody else opens the page on which it is replaced, and nothing else.
    one_time_until = models.DateTimeField(null=True)
    preferred_post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    is_demo = models.BooleanField(default=False)

    objects: ClassVar[AccountManager] = AccountManager()

    class Meta:
        # Every page asks whether there are any.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["id"], name="account_demo", condition=models.Q(is_demo=True))
        ]

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.username

    @property
    def has_second_factor(self) -> bool:
        """Say whether a second factor is enrolled."""
        return self.totp_confirmed_at is not None

    @property
    def has_one_time_password(self) -> bool:
        """Say whether the password was given by somebody else and must be replaced."""
        return self.one_time_until is not None

    def must_use_second_factor(self, post_kind: str) -> bool:
        """Say whether the kind of post demands a second factor."""
        return POST_KINDS[post_kind].needs_second_factor


class ApiToken(models.Model):
    """A key for programs: only its digest is kept; it acts as one account in one post until it expires."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    name = models.CharField(Words("用途", "Purpose"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    read_only = models.BooleanField(Words("只读", "Read only"), default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(Words("有效期至", "Expires"))
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class PersonalAccess(models.Model):
    """One line each time somebody opened a person's encrypted data: who, whose, what, why, when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    field = models.CharField(max_length=40)
    account_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "at"])]


class SignInAttempt(models.Model):
    """One attempt to sign in, for lock-out by address as well as by account; kept for the security log."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    succeeded = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"]), models.Index(fields=["username", "at"])]


class SignedIn(models.Model):
    """One sign-in of an account: its session, since when, from where, with what. The key is the browser's own secret."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    since = models.DateTimeField()
    address = models.CharField(max_length=64)
    agent = models.CharField(max_length=LONGEST_AGENT, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "since"])]
