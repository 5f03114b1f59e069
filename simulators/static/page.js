/** What every page needs: finding and making elements, asking the simulator, telling what it said. */

export const find = (id) => document.getElementById(id);

/** An element with its properties and children; texts stay texts, nothings are left out. */
export function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children.filter(Boolean));
    return element;
}

export function tell(text, isGood = false) {
    find("notice").textContent = text;
    find("notice").classList.toggle("good", isGood);
}

/** Asks the simulator's own API; null when it refused, which the page then says. */
export async function ask(path, body) {
    tell("");
    const response = await fetch(path, body && { method: "POST", body: JSON.stringify(body) });
    const answer = await response.json().catch(() => null);
    if (!response.ok) {
        tell((answer && answer.error) || `Erreur ${response.status}`);
        return null;
    }
    return answer;
}

/** Files as the simulators take them. */
export async function read(input) {
    return Promise.all(
        [...input.files].map(
            (file) =>
                new Promise((resolve, reject) => {
                    const reader = new FileReader();
                    reader.onload = () =>
                        resolve({
                            name: file.name,
                            content_type: file.type || "application/octet-stream",
                            base64: reader.result.split(",", 2)[1] || "",
                        });
                    reader.onerror = reject;
                    reader.readAsDataURL(file);
                })
        )
    );
}
