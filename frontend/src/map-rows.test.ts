import { expect, test } from "vitest";

import { countLine, grouped } from "./map-rows";
import { say } from "./words";

test("thousands stand apart", () => {
  expect([0, 999, 1000, 12345, 1234567].map(grouped)).toEqual(["0", "999", "1,000", "12,345", "1,234,567"]);
});

test("rows that stand nowhere are told apart", () => {
  expect(countLine({ count: 100000, placed: 100000 })).not.toContain("·");
  expect(countLine({ count: 100000, placed: 98766 })).toContain("· 1,234 ");
});

test("a picture of some levels says that its count is of all", () => {
  const said = { count: 1705, placed: 1700 };
  expect(countLine(said, [4])).toBe(`${countLine(said)} · ${say("everyLevel")}`);
});
