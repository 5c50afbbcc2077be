import { expect, test } from "vitest";
import { leftWords, spanWords } from "./clocks";

const HOUR = 3_600_000;

test("spans are said at the grain that matters", () => {
  expect(spanWords(100 * HOUR, false)).toBe("4 天");
  expect(spanWords(30 * HOUR, false)).toBe("1 天 6 小时");
  expect(spanWords(1.5 * HOUR, true)).toBe("1 h 30 min");
  expect(spanWords(10, false)).toBe("1 分钟");
});

test("lateness is said as lateness", () => {
  expect(leftWords(0, 50 * HOUR, false)).toBe("逾期 2 天 2 小时");
  expect(leftWords(50 * HOUR, 0, true)).toBe("2 d 2 h left");
});
