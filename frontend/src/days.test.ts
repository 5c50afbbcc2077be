import { expect, test } from "vitest";
import { dayBefore } from "./days";

test("a day before lies across months and years", () => {
  expect(dayBefore("2026-03-01", 0)).toBe("2026-03-01");
  expect(dayBefore("2026-03-01", 1)).toBe("2026-02-28");
  expect(dayBefore("2026-01-01", 1)).toBe("2025-12-31");
});
