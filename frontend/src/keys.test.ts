import { expect, test } from "vitest";
import { nextIndex } from "./keys";

test("movement stays inside the list", () => {
  expect(nextIndex(-1, 1, 3)).toBe(0);
  expect(nextIndex(-1, -1, 3)).toBe(2);
  expect(nextIndex(2, 1, 3)).toBe(2);
  expect(nextIndex(0, -1, 3)).toBe(0);
  expect(nextIndex(0, 1, 0)).toBe(-1);
});
