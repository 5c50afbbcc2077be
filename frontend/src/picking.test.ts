import { beforeEach, expect, test } from "vitest";
import { chosen, draw, startPicking } from "./picking";

const box = (value: string): string => `<input type="checkbox" data-pick="${value === "all" ? "all" : ""}" value="${value}">`;

beforeEach(() => {
  document.body.innerHTML = `<form>${box("all")}${box("a")}${box("b")}</form><div data-pick-bar hidden><b data-pick-count></b><button data-pick-none></button></div>`;
});

test("the bar says how many are chosen, and a tick does not reach the filter form", () => {
  startPicking();
  let heard = 0;
  document.querySelector("form")?.addEventListener("change", () => (heard += 1));
  const first = document.querySelector<HTMLInputElement>("input[value=a]");
  first?.click();
  expect(document.querySelector<HTMLElement>("[data-pick-bar]")?.hidden).toBe(false);
  expect(document.querySelector("[data-pick-count]")?.textContent).toBe("1");
  expect(heard).toBe(0);
});

test("all and none", () => {
  document.querySelector<HTMLInputElement>("input[data-pick=all]")?.click();
  expect(chosen(document).map((one) => one.value)).toEqual(["a", "b"]);
  document.querySelector<HTMLElement>("[data-pick-none]")?.click();
  draw(document);
  expect(chosen(document)).toEqual([]);
  expect(document.querySelector<HTMLElement>("[data-pick-bar]")?.hidden).toBe(true);
});
