"""Error pages: what happened, what was kept, what to do, and a code to tell the administrator."""

from __future__ import annotations

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.translation import gettext as _

from anlan.faces.office.shell import Shell, shell_of


def show(
    request: HttpRequest, status: int, title: str, text: str, code: str, *, kept: str = ""
) -> HttpResponse:
    """Draw an error page; falls back to a bare shell when even that cannot be built (the database is away)."""
    context = {
        "status": status,
        "title": title,
        "text": text,
        "kept": kept or _kept(request),
        "code": code,
        "incident": request.headers.get("X-Request-ID", ""),
    }
    try:
        context["shell"] = shell_of(request)
    except DatabaseError:
        context["shell"] = Shell()
    html = loader.get_template("office/error.html").render(context, request)
    return HttpResponse(html, status=status)


def _kept(request: HttpRequest) -> str:
    if request.method in {"GET", "HEAD"}:
        return _("没有改动任何内容。")
    return _("这次提交没有生效；填写的内容保留在本机，返回表单后会恢复。")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a malformed request."""
    return show(
        request, 400, _("请求格式不对"), _("地址或提交的内容无法识别。返回上一页重试。"), "bad_request"
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what is not allowed."""
    return show(request, 403, _("不能这样做"), _("您的岗位没有这项权限。"), "forbidden")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that came without its token."""
    text = _("页面打开太久，或登录状态已变化。返回表单，刷新后再提交。")
    return show(request, 403, _("表单已失效"), text, "csrf")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that leads nowhere, or out of scope: both are told alike."""
    return show(request, 404, _("没有找到"), _("页面不存在，或不在您的管辖范围内。"), "not_found")


def failed(request: HttpRequest) -> HttpResponse:
    """Answer an error of ours."""
    text = _("处理时出现错误，已记录。稍后重试；仍不行，把下面的代码告诉管理员。")
    return show(request, 500, _("出错了"), text, "internal")
