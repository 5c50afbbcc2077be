import { expect, test } from "vitest";
import { closes, rounded } from "./plan";

test("a share stays on the sheet", () => {
  expect(rounded(-0.2)).toBe(0);
  expect(rounded(1.7)).toBe(1);
  expect(rounded(0.123456)).toBe(0.1235);
});

test("only a ring of three corners can be closed, near its first", () => {
  expect(closes([[0.1, 0.1], [0.5, 0.1]], [0.1, 0.1])).toBe(false);
  expect(closes([[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]], [0.105, 0.1])).toBe(true);
  expect(closes([[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]], [0.3, 0.3])).toBe(false);
});
