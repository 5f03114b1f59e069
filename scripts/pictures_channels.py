"""The pictures of the administrator's guides of iAdvize and Messenger, in both languages."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from .camera import DESKTOP, TAB, Camera, Sitting

CHECKS = ".modal .o_field_widget[name=check_ids] .o_data_row"
NEXT = ".modal footer button[name=action_next]"


# === hands === #


@contextmanager
def _in_english(camera: Camera) -> Iterator[None]:
    """The screens in English, for whoever is looking."""
    me = camera.find("res.users", [("login", "=", "admin")], "id")
    camera.ask("res.users", "write", [me], {"lang": "en_US"})
    try:
        yield
    finally:
        camera.ask("res.users", "write", [me], {"lang": "fr_BE"})


def _channel(camera: Camera, provider: str) -> None:
    """Show the form of a channel."""
    channel = camera.find("omni.channel", [("provider", "=", provider)], "id")
    camera.show(f"inbox-channels/{channel}", ".o_form_view .o_data_row")
    time.sleep(0.5)


def _begin(camera: Camera, action: str, values: dict[str, str]) -> None:
    """Open the steps of a new channel, and enter what stands there in all cases."""
    camera.show("inbox-channels", ".o_list_view .o_data_row")
    camera.page.run(
        "odoo.__WOWL_DEBUG__.root.env.services.action.doAction("
        f"{json.dumps(f'omnichannel_inbox.{action}')}).then(() => true)"
    )
    for name, value in values.items():
        field = f".modal .o_field_widget[name={name}] input"
        camera.page.wait(field)
        camera.page.run(
            f"(() => {{ const input = document.querySelector({json.dumps(field)});"
            f" input.value = {json.dumps(value)};"
            " input.dispatchEvent(new Event('input', {bubbles: true}));"
            " input.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )
    time.sleep(0.5)


def _step(camera: Camera, ready: str) -> None:
    """The next step of a wizard."""
    camera.page.click(NEXT)
    camera.page.wait(ready)
    time.sleep(0.5)


# === iAdvize === #

IADVIZE = {"user": "odoo@maison-meubles.example", "projects": "1549"}


def _iadvize_access(camera: Camera) -> None:
    _begin(camera, "omni_iadvize_setup_action", IADVIZE)


def _iadvize_app(camera: Camera) -> None:
    _channel(camera, "iadvize")
    camera.page.click("button[name=action_iadvize_setup]")
    camera.page.wait(".modal .o_field_widget[name=webhook_url] .o_clipboard_button")
    time.sleep(0.5)


def _iadvize_panel(camera: Camera) -> None:
    _channel(camera, "iadvize")
    camera.page.click(TAB.format("panel"))
    camera.page.wait(".o_field_widget[name=panel_url] .o_clipboard_button")
    camera.page.run("document.querySelector('.o_notebook').scrollIntoView()")
    time.sleep(0.5)


def iadvize(camera: Camera) -> None:
    """The steps, then the channel."""
    _iadvize_access(camera)
    camera.take("iadvize-access")
    _iadvize_app(camera)
    camera.take("iadvize-app")
    _step(camera, CHECKS)
    camera.take("iadvize-checks")
    _channel(camera, "iadvize")
    camera.take("iadvize-channel")
    _iadvize_panel(camera)
    camera.take("iadvize-panel-settings")


def iadvize_english(camera: Camera) -> None:
    with _in_english(camera):
        _iadvize_access(camera)
        camera.take("iadvize-access-en")
        _iadvize_app(camera)
        camera.take("iadvize-app-en")
        _step(camera, CHECKS)
        camera.take("iadvize-checks-en")
        _channel(camera, "iadvize")
        camera.take("iadvize-channel-en")
        _iadvize_panel(camera)
        camera.take("iadvize-panel-settings-en")


# === Messenger === #

MESSENGER = {"name": "Messenger", "page_id": "104875412345678", "app_id": "731904562781234"}


def _messenger_access(camera: Camera) -> None:
    _begin(camera, "omni_messenger_setup_action", MESSENGER)


def _messenger_checks(camera: Camera) -> None:
    _channel(camera, "messenger")
    camera.page.click("button[name=action_messenger_setup]")
    camera.page.wait(".modal .o_field_widget[name=page_id] input")
    _step(camera, CHECKS)


def messenger(camera: Camera) -> None:
    """The steps, then the channel."""
    _messenger_access(camera)
    camera.take("messenger-access")
    _messenger_checks(camera)
    camera.take("messenger-checks")
    _step(camera, ".modal .o_field_widget[name=verify_token] .o_clipboard_button")
    camera.take("messenger-told")
    _channel(camera, "messenger")
    camera.take("messenger-channel")


def messenger_english(camera: Camera) -> None:
    with _in_english(camera):
        _messenger_access(camera)
        camera.take("messenger-access-en")
        _messenger_checks(camera)
        camera.take("messenger-checks-en")
        _step(camera, ".modal .o_field_widget[name=verify_token] .o_clipboard_button")
        camera.take("messenger-told-en")
        _channel(camera, "messenger")
        camera.take("messenger-channel-en")


SITTINGS: tuple[Sitting, ...] = (
    ("admin", DESKTOP, (iadvize, iadvize_english, messenger, messenger_english)),
)
