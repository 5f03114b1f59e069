import { _t } from "@web/core/l10n/translation";

const { DateTime, Duration } = luxon;

/** @param {string|false} text ISO, UTC */
export function parseMoment(text) {
    return text ? DateTime.fromISO(text, { zone: "utc" }).toLocal() : null;
}

/** "2:05", "1:02:05" */
export function clockText(seconds) {
    const length = Duration.fromMillis(Math.max(0, Math.floor(seconds)) * 1000);
    return length.toFormat(seconds >= 3600 ? "h:mm:ss" : "m:ss");
}

/** Who is at the other end, as well as it is known. */
export function nameOf(call) {
    if (call.partner) {
        return call.partner.name;
    }
    if (call.record) {
        return call.record.name;
    }
    if (call.is_withheld) {
        return _t("Withheld number");
    }
    // with several customers of this number, the telephone just shows the first of them
    const isGuess = call.candidates?.length > 1;
    return (!isGuess && call.caller_name) || call.display || call.number;
}

/** The number, unless it is the name already. */
export function numberOf(call) {
    const number = call.is_withheld ? "" : call.display || call.number;
    return number === nameOf(call) ? "" : number;
}

/** In which of the ways of its life a call is: they differ in colour, icon and words. */
export function phaseOf(call) {
    if (call.state === "ended") {
        return call.outcome === "answered" || !call.outcome ? "ended" : call.outcome;
    }
    if (call.state === "ongoing") {
        return "ongoing";
    }
    if (call.direction !== "outbound") {
        return "ringing";
    }
    return call.state === "attempted" ? "attempted" : "dialling";
}

export function phaseText(call) {
    switch (phaseOf(call)) {
        case "ringing":
            return call.direction === "internal" ? _t("A colleague calls") : _t("Incoming call");
        case "dialling":
            return _t("Calling…");
        case "attempted":
            return _t("Handed to your telephone");
        case "ongoing":
            return _t("On the telephone");
        case "missed":
            return _t("Missed call");
        case "no_answer":
            return _t("No answer");
        case "voicemail":
            return _t("Voicemail");
        case "failed":
            return _t("The call failed");
        case "elsewhere":
            return _t("Taken by a colleague");
        default:
            return call.talk_seconds
                ? _t("Ended after %s", clockText(call.talk_seconds))
                : _t("Ended");
    }
}

const ICONS = {
    ringing: "fa-phone text-success",
    dialling: "fa-phone text-info",
    attempted: "fa-phone text-info",
    ongoing: "fa-volume-control-phone text-success",
    missed: "fa-phone text-danger",
    no_answer: "fa-phone text-warning",
    voicemail: "fa-envelope-o text-warning",
    failed: "fa-exclamation-triangle text-danger",
};

export function phaseIcon(call) {
    return ICONS[phaseOf(call)] || "fa-phone text-muted";
}
