/** The signs on the map: every level in its colour with its pattern and character, so that colour is never the only word.
    Drawn here from the page's tokens; heaps bear the count instead of the character. */
import type { Map as CityMap } from "maplibre-gl";

import { FACE, token } from "./map-look";

const CHARACTER: Record<number, string> = { 4: "重", 3: "较", 2: "一", 1: "低", 0: "" };
/** Rows with grades of their own (major hazards) bear the number of the grade: 1 is the gravest. */
const GRADE: Record<number, string> = { 4: "1", 3: "2", 2: "3", 1: "4" };
const RATIO = 2;
const POINT = 26; // pixels across
const SMALL = 18; // where there is no level
const HEAP = 40;

const GREY = -1; // not graded, where the level is a colour of its own

function colours(level: number): [string, string] {
  if (level === GREY) return [token("--ink-3"), token("--surface")];
  return level > 0 ? [token(`--risk-${level}`), token(`--risk-${level}-ink`)] : [token("--accent"), token("--accent-ink")];
}

/** The pattern of a level over a disc: rising lines, lying lines, dots, standing lines; as the marks of lists have them. */
function pattern(pen: CanvasRenderingContext2D, level: number, size: number, ink: string): void {
  pen.save();
  pen.globalAlpha = 0.3;
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.lineWidth = 1.6;
  const step = 5;
  for (let at = -size; at < size * 2; at += step) {
    pen.beginPath();
    if (level === 4) { pen.moveTo(at, size); pen.lineTo(at + size, 0); }
    if (level === 3) { pen.moveTo(0, at); pen.lineTo(size, at); }
    if (level === 1) { pen.moveTo(at, 0); pen.lineTo(at, size); }
    pen.stroke();
    if (level === 2) for (let down = 0; down < size; down += step) { pen.beginPath(); pen.arc(at, down, 1.1, 0, 7); pen.fill(); }
  }
  pen.restore();
}

function sign(level: number, size: number, words: string, square: boolean): ImageData | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true }); // its pixels are all that is wanted of it
  if (!pen) return null;
  pen.scale(RATIO, RATIO);
  const [fill, ink] = colours(level);
  const shape = (inset: number): void => {
    pen.beginPath();
    if (square) pen.roundRect(inset, inset, size - inset * 2, size - inset * 2, 5);
    else pen.arc(size / 2, size / 2, size / 2 - inset, 0, 7);
  };
  shape(0.5);
  pen.fillStyle = token("--surface");
  pen.fill();
  shape(2);
  pen.fillStyle = fill;
  pen.fill();
  pen.save();
  shape(2);
  pen.clip();
  if (level > 0) pattern(pen, level, size, ink);
  pen.restore();
  if (words) {
    // A little of the ground behind the character keeps it readable over its pattern.
    pen.font = `700 ${Math.round(size * 0.52)}px ${FACE}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 3.5;
    pen.lineJoin = "round";
    pen.strokeStyle = fill;
    pen.strokeText(words, size / 2, size / 2 + 0.5);
    pen.fillStyle = ink;
    pen.fillText(words, size / 2, size / 2 + 0.5);
  } else {
    shape(size * 0.27);
    pen.fillStyle = fill;
    pen.fill();
  }
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The pattern of a level alone, to be laid over the ground of a cell or a county. */
function ground(level: number): ImageData | null {
  const size = 20;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true }); // its pixels are all that is wanted of it
  if (!pen || level <= 0) return null;
  pen.scale(RATIO, RATIO);
  pattern(pen, level, size, colours(level)[1]);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

const SIZES: Record<string, (level: number) => ImageData | null> = {
  point: (level) => sign(level, level <= 0 ? SMALL : POINT, CHARACTER[level] ?? "", level > 0),
  grade: (level) => (level > 0 ? sign(level, POINT, GRADE[level] ?? "", true) : null),
  heap: (level) => sign(level, HEAP, "", false),
  ground,
};
const NAME = /^(point|grade|heap|ground)-(-?\d)$/;

function drawnAs(name: string): ImageData | null {
  const [, kind = "", level = ""] = NAME.exec(name) ?? [];
  return SIZES[kind]?.(Number(level)) ?? null;
}

/** Lets a map draw its signs: each when the first tile wants it, since most views want few of them. */
export function drawSigns(map: CityMap): void {
  map.setMissingStyleImageResolver((name) => {
    const image = drawnAs(name);
    if (image && !map.hasImage(name)) map.addImage(name, image, { pixelRatio: RATIO });
  });
}

/** Draws the signs that a map has anew, when the page has turned dark or light. */
export function redrawSigns(map: CityMap): void {
  for (const name of map.listImages()) {
    const image = drawnAs(name);
    if (image) map.updateImage(name, image);
  }
}
