import { expect, test } from "vitest";
import { fitted } from "./shrink";

test("the long side is at most what was asked, proportions stay", () => {
  expect(fitted(4000, 3000)).toEqual([2000, 1500]);
  expect(fitted(3000, 4000)).toEqual([1500, 2000]);
  expect(fitted(800, 600)).toEqual([800, 600]);
  expect(fitted(10000, 1)).toEqual([2000, 1]);
});
