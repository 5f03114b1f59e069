"""What a page is told: the events of a webhook, as Meta publishes them."""

#: Fields that an application may subscribe to, by what is told.
FIELDS = (
    "messages", "message_echoes", "message_edits", "message_reactions", "message_deliveries",
    "message_reads", "messaging_postbacks", "messaging_referrals", "messaging_handovers",
    "standby", "messaging_optins", "messaging_policy_enforcement",
)  # fmt: skip
#: What is told in standby as well, while another application has the thread.
IN_STANDBY = {
    "messages", "message_echoes", "message_edits", "message_reactions", "message_deliveries",
    "message_reads", "messaging_postbacks",
}  # fmt: skip


def _event(person, at, **content):
    return {
        "sender": {"id": person.psid},
        "recipient": {"id": person.page.id},
        "timestamp": at,
        **content,
    }


def attachment(file, link):
    """:param str link: at which it can be seen; :return dict:"""
    payload = {"url": link}
    if file.sticker_id:
        payload["sticker_id"] = file.sticker_id
    if file.title:
        payload["title"] = file.title
    return {"type": file.kind, "payload": payload}


def _content(message, link):
    content = {"mid": message.mid}
    if message.text:
        content["text"] = message.text
    if message.files:
        content["attachments"] = [attachment(one, link(one)) for one in message.files]
    if message.reply_to is not None:
        content["reply_to"] = {
            "mid": message.reply_to.mid,
            "is_self_reply": message.reply_to.is_ours == message.is_ours,
        }
    return content


def message(message, link):
    """:param link: gives the link of a file; :return dict: the customer wrote"""
    content = _content(message, link)
    if message.quick_reply:
        content["quick_reply"] = {"payload": message.quick_reply}
    if message.referral:
        content["referral"] = message.referral
    return _event(message.person, message.at, message=content)


def echo(message, link):
    """:return dict: the page wrote, whoever did it for it"""
    content = {"is_echo": True}
    if message.app_id:
        content["app_id"] = int(message.app_id)
    if message.metadata:
        content["metadata"] = message.metadata
    content |= _content(message, link)
    if message.buttons:
        content["attachments"] = [
            {
                "type": "template",
                "payload": {
                    "template_type": "button",
                    "text": message.text,
                    "buttons": message.buttons,
                },
            }
        ]
        content.pop("text", None)
    return {
        "sender": {"id": message.person.page.id},
        "recipient": {"id": message.person.psid},
        "timestamp": message.at,
        "message": content,
    }


def edit(message, at):
    """:return dict: the customer changed what he wrote"""
    content = {"mid": message.mid, "text": message.text, "num_edit": len(message.edits)}
    return _event(message.person, at, message_edit=content)


def reaction(message, at, word, emoji, is_taken_back):
    """:return dict: the customer reacted to a message, or does not any more"""
    content = {"mid": message.mid, "action": "unreact" if is_taken_back else "react"}
    if not is_taken_back:
        content |= {"reaction": word, "emoji": emoji}
    return _event(message.person, at, reaction=content)


def delivery(person, at, mids, watermark):
    """:return dict: what we wrote is on his telephone"""
    return _event(person, at, delivery={"mids": mids, "watermark": watermark})


def read(person, at, watermark):
    """:return dict: he read what we wrote"""
    return _event(person, at, read={"watermark": watermark})


def postback(person, at, mid, title, payload, origin=None):
    """:return dict: he pressed a button"""
    content = {"mid": mid, "title": title, "payload": payload}
    if origin:
        content["referral"] = origin
    return _event(person, at, postback=content)


def referral(ref, ad=None):
    """:param dict ad: ``id``, ``title``; without it he came by a link (m.me)
    :return dict: where he comes from"""
    content = {"source": "ADS" if ad else "SHORTLINK", "type": "OPEN_THREAD"}
    if ref:
        content["ref"] = ref
    if ad:
        content["ad_id"] = str(ad.get("id") or "")
        content["ads_context_data"] = {
            "ad_title": str(ad.get("title") or ""),
            "post_id": str(ad.get("post_id") or "1"),
        }
    return content


def referred(person, at, origin):
    """:return dict: he came to the thread by a link or an advertisement"""
    return _event(person, at, referral=origin)


def handover(person, at, what, before, after, metadata):
    """:param str what: ``pass_thread_control`` or ``take_thread_control``
    :return dict: another application has the thread"""
    content = {"previous_owner_app_id": before or None, "new_owner_app_id": after or None}
    if metadata:
        content["metadata"] = metadata
    return _event(person, at, **{what: content})


def requested(person, at, app_id, metadata):
    """:return dict: another application asks for the thread"""
    content = {"requested_owner_app_id": app_id}
    if metadata:
        content["metadata"] = metadata
    return _event(person, at, request_thread_control=content)


def optin(person, at, content):
    """:return dict: he allowed something"""
    return _event(person, at, optin=content)


def policy(page, at, action, reason):
    """:return dict: what Meta has against the page"""
    content = {"action": action}
    if reason:
        content["reason"] = reason
    return {"recipient": {"id": page.id}, "timestamp": at, "policy_enforcement": content}
