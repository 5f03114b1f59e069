import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param {string|false} iso moment as the server gives it (ISO, UTC) */
export function parse(iso) {
    const moment = iso ? DateTime.fromISO(iso, { zone: "utc" }).toLocal() : null;
    return moment?.isValid ? moment : null;
}

/** Moment → what the server takes. */
export function serialize(moment) {
    return moment.toUTC().startOf("second").toISO({ suppressMilliseconds: true });
}

/** How long ago, as short as a list needs it: "now", "5 min", "3 h", "Yesterday", "12 Nov". */
export function age(iso, now = DateTime.local()) {
    const moment = parse(iso);
    if (!moment) {
        return "";
    }
    const seconds = now.diff(moment).as("seconds");
    if (seconds < MINUTE) {
        return _t("now");
    }
    if (seconds < HOUR) {
        return _t("%s min", Math.floor(seconds / MINUTE));
    }
    if (seconds < 12 * HOUR) {
        return _t("%s h", Math.floor(seconds / HOUR));
    }
    if (moment.hasSame(now, "day")) {
        return moment.toLocaleString(DateTime.TIME_SIMPLE);
    }
    if (moment.hasSame(now.minus({ days: 1 }), "day")) {
        return _t("Yesterday");
    }
    if (seconds < 6 * DAY) {
        return moment.toLocaleString({ weekday: "short" });
    }
    if (moment.hasSame(now, "year")) {
        return moment.toLocaleString({ day: "numeric", month: "short" });
    }
    return moment.toLocaleString(DateTime.DATE_SHORT);
}

/** Day and time in full, for titles. */
export function full(iso) {
    return parse(iso)?.toLocaleString(DateTime.DATETIME_MED) || "";
}

/** The day alone; a moment is on the day it has here. */
export function day(iso) {
    return parse(iso)?.toLocaleString(DateTime.DATE_MED) || "";
}

/** Time of day, with the day unless it is today. */
export function clock(iso, now = DateTime.local()) {
    const moment = parse(iso);
    if (!moment) {
        return "";
    }
    if (moment.hasSame(now, "day")) {
        return moment.toLocaleString(DateTime.TIME_SIMPLE);
    }
    const sameYear = moment.hasSame(now, "year");
    return moment.toLocaleString({
        day: "numeric",
        month: "short",
        ...(sameYear ? {} : { year: "numeric" }),
        hour: "2-digit",
        minute: "2-digit",
    });
}

/** A length of time in at most two units: "2 d", "3 h 05", "12 min". */
export function span(seconds) {
    const minutes = Math.floor(Math.abs(seconds) / MINUTE);
    if (minutes < 60) {
        return _t("%s min", Math.max(minutes, 1));
    }
    const hours = Math.floor(minutes / 60);
    if (hours < 10 && minutes % 60) {
        return _t("%(hours)s h %(minutes)s", {
            hours,
            minutes: String(minutes % 60).padStart(2, "0"),
        });
    }
    return hours < 48 ? _t("%s h", hours) : _t("%s d", Math.floor(hours / 24));
}

/**
 * What is left of a term.
 *
 * @returns {{ isLate: boolean, seconds: number, text: string }|null}
 */
export function countdown(iso, now = DateTime.local()) {
    const moment = parse(iso);
    if (!moment) {
        return null;
    }
    const seconds = moment.diff(now).as("seconds");
    return { isLate: seconds < 0, seconds, text: span(seconds) };
}

/** The same, to the second once it presses: "9:05". */
export function spanExact(seconds) {
    if (seconds >= 10 * MINUTE) {
        return span(seconds);
    }
    const whole = Math.max(Math.ceil(seconds), 0);
    return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, "0")}`;
}

function withDetail(choices) {
    return choices.map((choice) => ({
        ...choice,
        detail: choice.moment.toLocaleString({
            weekday: "short",
            hour: "2-digit",
            minute: "2-digit",
        }),
    }));
}

const NINE = { hour: 9, minute: 0, second: 0, millisecond: 0 };

/** The moments at which one would have an answer leave later. */
export function scheduleChoices(now = DateTime.local()) {
    const tomorrow = now.plus({ days: 1 }).set(NINE);
    const monday = now.plus({ weeks: 1 }).startOf("week").set(NINE);
    const choices = [
        { key: "hour", label: _t("In 1 hour"), moment: now.plus({ hours: 1 }) },
        { key: "tomorrow", label: _t("Tomorrow at 9:00"), moment: tomorrow },
    ];
    if (!monday.hasSame(tomorrow, "day")) {
        choices.push({ key: "monday", label: _t("Monday at 9:00"), moment: monday });
    }
    return withDetail(choices);
}

/** The moments one snoozes to, those that make sense now. */
export function snoozeChoices(now = DateTime.local()) {
    const later = now.plus({ hours: 3 });
    const rounded = later.set({ minute: later.minute < 30 ? 30 : 0, second: 0, millisecond: 0 });
    const laterToday = later.minute < 30 ? rounded : rounded.plus({ hours: 1 });
    const tomorrow = now.plus({ days: 1 }).set(NINE);
    const monday = now.plus({ weeks: 1 }).startOf("week").set(NINE);
    const choices = [];
    if (laterToday.hasSame(now, "day") && laterToday.hour < 19) {
        choices.push({ key: "today", label: _t("Later today"), moment: laterToday });
    }
    choices.push({ key: "tomorrow", label: _t("Tomorrow"), moment: tomorrow });
    if (!monday.hasSame(tomorrow, "day")) {
        choices.push({ key: "week", label: _t("Next week"), moment: monday });
    }
    return withDetail(choices);
}
