import { beforeEach, describe, expect, it } from "vitest";
import { addRow, cellsOf, paste } from "./worksheet";

const grid = (): HTMLTableElement => document.querySelector("table") as HTMLTableElement;

beforeEach(() => {
  document.body.innerHTML = `<table data-grid data-most="3"><thead><tr><th>#</th><th data-column="step">步骤</th><th data-column="event">事件</th></tr></thead>
    <tbody><tr><th>1</th><td data-column="step"><input name="1-step"></td><td data-column="event"><input name="1-event" aria-invalid="true"></td></tr></tbody></table>`;
});

describe("the worksheet", () => {
  it("reads what a spreadsheet copies", () => {
    expect(cellsOf("甲\t乙\r\n丙\t丁\r\n")).toEqual([["甲", "乙"], ["丙", "丁"]]);
  });

  it("adds rows up to the most it holds, each under its own number", () => {
    addRow(grid());
    const names = [...document.querySelectorAll("input")].map((input) => input.name);
    expect(names).toEqual(["1-step", "1-event", "2-step", "2-event"]);
    expect(document.querySelectorAll("[aria-invalid]").length).toBe(1);
    addRow(grid());
    expect(addRow(grid())).toBeUndefined();
  });

  it("fills cells from where it is pasted and drops what does not fit", () => {
    const first = document.querySelector<HTMLInputElement>("[name='1-event']") as HTMLInputElement;
    paste(grid(), first, "卷入\t多余\n打击\n坠落\n第四行");
    const values = [...document.querySelectorAll<HTMLInputElement>("[name$='-event']")].map((input) => input.value);
    expect(values).toEqual(["卷入", "打击", "坠落"]);
    expect(document.querySelector<HTMLInputElement>("[name='2-step']")?.value).toBe("");
  });
});
