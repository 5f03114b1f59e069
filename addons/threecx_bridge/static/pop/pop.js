/* The page that the 3CX client opens when the telephone rings. It waits until an open Odoo tab says
 * that it shows the call, and closes itself; without one it becomes that tab.
 *
 * On the channel: this page asks {type: "ask", key}, a tab that shows the call answers
 * {type: "shown", key}. It asks repeatedly, because the tab may hear of the call earlier or later
 * than this page.
 */
(() => {
    "use strict";
    const ASK_EVERY = 200; // ms

    const page = document.getElementById("threecx_pop");
    const { key, patience, tabUrl } = page.dataset;
    const channel = new BroadcastChannel("threecx_bridge");
    const ask = () => channel.postMessage({ type: "ask", key });
    const stop = () => {
        clearInterval(asking);
        clearTimeout(waiting);
        channel.close();
    };
    const asking = setInterval(ask, ASK_EVERY);
    const waiting = setTimeout(() => {
        stop();
        window.location.replace(tabUrl);
    }, Number(patience));

    channel.addEventListener("message", ({ data }) => {
        if (data?.type !== "shown" || data.key !== key) {
            return;
        }
        stop();
        page.querySelector(".waiting").hidden = true;
        page.querySelector(".shown").hidden = false;
        // only a page that was opened by a program may close itself
        window.close();
    });
    ask();
})();
