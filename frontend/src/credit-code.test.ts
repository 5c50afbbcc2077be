import { expect, test } from "vitest";
import { checkCharacter, examine } from "./credit-code";

test("the worked example of GB 32100-2015", () => {
  expect(checkCharacter("91350100M000100Y4")).toBe("3");
  expect(examine("91350100M000100Y43").state).toBe("right");
});

test("one wrong character is found", () => {
  expect(examine("91350100M000100Y44").state).toBe("wrong");
});

test("letters that are never used, lower case and spaces", () => {
  expect(examine("9135O")).toEqual({ state: "character", at: "O" });
  expect(examine("9135 0100 m000100y43").state).toBe("right");
  expect(examine("9135").state).toBe("short");
  expect(examine("  ").state).toBe("empty");
});
