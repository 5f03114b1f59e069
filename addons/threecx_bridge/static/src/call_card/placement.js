/** Corners in the order of preference; on a telephone the card takes the whole width. */
const CORNERS = ["bottom-end", "bottom-start", "top-end", "top-start"];
const EDGES = ["bottom-end", "top-end"];
/** What keeps the card clear of the edge of the window, and of the menu bar at the top. */
export const MARGIN = 12;

function rectIn(corner, size, area) {
    const [vertical, horizontal] = corner.split("-");
    const left =
        (horizontal === "end") === area.isRtl
            ? area.left + MARGIN
            : area.right - MARGIN - size.width;
    const top = vertical === "top" ? area.top + MARGIN : area.bottom - MARGIN - size.height;
    return { left, top, right: left + size.width, bottom: top + size.height };
}

function overlaps(one, other) {
    return (
        one.left < other.right &&
        other.left < one.right &&
        one.top < other.bottom &&
        other.top < one.bottom
    );
}

/**
 * Where the card covers nothing that is being typed in.
 *
 * @param {Object} param0
 * @param {string} param0.current corner it is in: it stays there as long as it may
 * @param {{ width: number, height: number }} param0.size of the card
 * @param {{ left, top, right, bottom, isRtl: boolean }} param0.area of the page it may be in
 * @param {{ left, top, right, bottom }|null} param0.focus what is being typed in
 * @returns {string|null} a corner; null: there is no room anywhere
 */
export function findCorner({ current, size, area, focus }) {
    const isWide = size.width + 4 * MARGIN >= area.right - area.left;
    const corners = isWide ? EDGES : CORNERS;
    const wanted = corners.includes(current) ? current : corners[0];
    if (!focus) {
        return wanted;
    }
    return (
        [wanted, ...corners].find((corner) => !overlaps(rectIn(corner, size, area), focus)) || null
    );
}
