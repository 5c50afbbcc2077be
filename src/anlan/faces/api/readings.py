"""``POST /api/v1/readings``: readings of a device that does not speak MQTT, as JSON or CSV, by its own name and secret (Basic).

Answered once they are committed; sent again, they are absorbed. What cannot be taken is counted and stands in the quarantine.
"""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt

from anlan.kernel import clock
from anlan.streams.accepting import Taken, signed_in, take_in
from anlan.streams.batches import Unreadable, read_csv, read_json
from anlan.streams.registry import Device


@csrf_exempt
def readings(request: HttpRequest) -> JsonResponse:
    """Take in readings."""
    if request.method != "POST":
        answer = _refused(405, "用 POST 发送读数。", "Send readings by POST.")
        answer["Allow"] = "POST"
        return answer
    device = _device(request)
    if device is None:
        answer = _refused(401, "接入账号或密钥不对。", "The user name or the secret is wrong.")
        answer["WWW-Authenticate"] = 'Basic realm="readings"'
        return answer
    if not device.may_publish(f"anlan/{device.username}/readings"):
        return _refused(403, "这个设备不能发送读数。", "This device may not send readings.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return _too_large()
    try:
        taken = _taken(request.content_type or "", request.body, device)
    except (RequestDataTooBig, RawPostDataException):
        return _too_large()
    except Unreadable:
        return _refused(422, "读数格式不对，一条也没有收。", "The readings cannot be read; none was taken.")
    return JsonResponse({"readings": taken.readings, "refused": taken.refused})


def _taken(media: str, body: bytes, device: Device) -> Taken:
    if media != "text/csv":
        return take_in([read_json(body, device, round(clock.now().timestamp() * 1000))])
    try:
        batches = list(read_csv(body.decode("utf-8-sig"), device))
    except UnicodeDecodeError:
        raise Unreadable from None
    return take_in(batches)


def _device(request: HttpRequest) -> Device | None:
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        username, _, secret = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return signed_in(username, secret)


def _too_large() -> JsonResponse:
    return _refused(413, "一次最多5兆字节，分几次发送。", "5 MB at most at once; send it in parts.")


def _refused(status: int, zh: str, en: str) -> JsonResponse:
    return JsonResponse({"title": f"{zh} {en}", "status": status}, status=status)
