import { countdown, spanExact } from "./times";

/** From here on it presses, and then it presses hard (seconds). */
const SOON = 4 * 3600;
const URGENT = 3600;

/**
 * What is left of the time to answer.
 *
 * @param {{ until: string|false, human_until: string|false }|undefined} window
 * @returns {{ kind: "open"|"human"|"closed", seconds: number, text: string, level: string }|null}
 *     null where there is no such limit
 */
export function replyWindow(window, now) {
    const limit = window?.until && countdown(window.until, now);
    if (!limit) {
        return null;
    }
    if (!limit.isLate) {
        return { kind: "open", ...left(limit) };
    }
    const human = window.human_until && countdown(window.human_until, now);
    if (human && !human.isLate) {
        return { kind: "human", ...left(human) };
    }
    return { kind: "closed", seconds: 0, text: "", level: "over" };
}

function left({ seconds }) {
    const level = seconds < URGENT ? "urgent" : seconds < SOON ? "soon" : "calm";
    return { seconds, text: spanExact(seconds), level };
}

/** Milliseconds until what is said of it is no longer true. */
export function nextLook(window) {
    if (!window || window.kind === "closed") {
        return 0;
    }
    return window.seconds < 601 ? 1000 : 15_000;
}
