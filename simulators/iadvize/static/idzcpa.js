/* The library for panel apps, with the API that iAdvize publishes (docs/build-apps.md, version 2.9.0).
 * How the real one speaks to the desk is not published: the messages below are the simulator's own,
 * understood by its desk.js only. */
(function () {
    "use strict";
    const PATIENCE = 10000; // milliseconds for an answer of the desk
    let last = 0;
    const waiting = new Map();

    function ask(command, value) {
        return new Promise((resolve, reject) => {
            const id = (last += 1);
            const timer = setTimeout(() => {
                waiting.delete(id);
                reject({message: "The desk does not answer"});
            }, PATIENCE);
            waiting.set(id, {resolve, reject, timer});
            window.parent.postMessage({idzcpa: "request", id, command, value}, "*");
        });
    }

    window.addEventListener("message", (event) => {
        const answer = event.data;
        if (event.source !== window.parent || !answer || answer.idzcpa !== "answer") {
            return;
        }
        const asked = waiting.get(answer.id);
        if (!asked) {
            return;
        }
        waiting.delete(answer.id);
        clearTimeout(asked.timer);
        if (answer.error) {
            asked.reject(answer.error);
        } else {
            asked.resolve(answer.value);
        }
    });

    // These return nothing, as published: what the desk refuses is written to the console.
    function tell(command) {
        return (value) => {
            ask(command, value).catch((error) => console.error(`idzCpa ${command}:`, error));
        };
    }

    function init() {
        return ask("init").then((context) => ({
            context,
            insertTextInComposeBox: tell("insertTextInComposeBox"),
            pushCardInConversationThread: tell("pushCardInConversationThread"),
            pushCardBundleInConversationThread: tell("pushCardBundleInConversationThread"),
            getJWT: () => ask("getJWT"),
            pushApplePayPaymentRequestInConversationThread: (value) =>
                ask("pushApplePayPaymentRequestInConversationThread", value),
        }));
    }

    window.idzCpa = {init};
})();
