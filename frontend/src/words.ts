/** The words the islands say themselves, in both languages; everything else is said by the server. */
const WORDS = {
  restored: ["已恢复上次未提交的内容", "Your unsent entries were restored"],
  discard: ["清除", "Discard"],
  leave: ["还有未提交的内容", "There are unsent entries"],
  sending: ["正在提交…", "Sending…"],
  uploading: ["上传中", "Uploading"],
  preparing: ["处理中", "Preparing"],
  uploaded: ["已上传", "Uploaded"],
  waiting: ["等待网络，自动重试", "Waiting for the network, will retry"],
  failed: ["未能上传", "Could not be uploaded"],
  retry: ["重试", "Retry"],
  remove: ["移除", "Remove"],
  photo: ["照片", "Photo"],
  tooMany: ["最多可附", "At most"],
  unsent: ["待上传", "unsent"],
  stillUploading: ["照片还在上传，完成后即可提交", "Photos are still being uploaded; send when they are done"],
  noPosition: ["未能取得位置，可在地图上点选", "No position available; pick it on the map"],
  positioned: ["已取得位置，精度约", "Position found, accurate to about"],
  metres: ["米", "m"],
  kilometres: ["千米", "km"],
  codeGood: ["校验位正确", "The check digit is right"],
  codeBad: ["校验位不符，核对每一位", "The check digit does not fit; compare every character"],
  codeChars: ["不应含有字符", "Must not contain"],
  codeLength: ["已输入", "Entered"],
  mapFailed: ["地图数据未能取得，列表仍可使用", "The map data could not be fetched; the list still works"],
  mapTooWide: ["此处点位过密，放大后逐个显示", "Points are dense here; zoom in to see each"],
  mapNoWebgl: ["此设备不能显示地图，列表仍可使用", "This device cannot draw the map; the list still works"],
  items: ["处", "items"],
  noAnswer: ["没有连上服务器，内容未更新", "The server could not be reached; nothing was updated"],
  noReadings: ["这段时间没有读数", "No readings in this span"],
  refused: ["未能完成，代码", "This could not be done, code"],
  moved: ["此事项刚有变化，您填写的内容还在", "This matter has just changed; what you typed is still here"],
  reload: ["刷新", "Reload"],
  open: ["打开", "Open"],
  pointHere: ["所选位置", "Chosen place"],
  zoomIn: ["放大", "Zoom in"],
  zoomOut: ["缩小", "Zoom out"],
  mapTitle: ["地图", "Map"],
  marker: ["地图上的点", "Point on the map"],
  sources: ["地图数据来源", "Sources of the map"],
  findMe: ["我的位置", "My position"],
  close: ["关闭", "Close"],
  all: ["共", "Total"],
  rows: ["条", ""],
  unplaced: ["条没有坐标，只在列表中", "without a position, in the list only"],
  insideArea: ["圈内", "In the area"],
  insideView: ["画面内", "In this view"],
  clearArea: ["清除圈选", "Clear the area"],
  drawArea: ["按住并拖动，圈出一片范围；按 Esc 取消", "Hold and drag around an area; Esc cancels"],
  areaCrossed: ["线有交叉，重新圈一次", "The line crosses itself; draw again"],
  areaSmall: ["范围太小，重新圈一次", "The area is too small; draw again"],
  cardFailed: ["未能取得此处的记录，稍后再点一次", "The records here could not be fetched; tap again later"],
  printReady: ["已绘制完成，可打印或存为 PDF", "Drawn; print it or save it as PDF"],
  chooseUnit: ["先选一个分析单元", "Choose a unit first"],
  unitDrawn: ["已画好；可以接着画，或选下一个单元", "Drawn; go on, or choose the next unit"],
  drawn: ["已画", "drawn"],
  noFinding: ["此设备不能定位", "This device gives no position"],
} as const;

export type Word = keyof typeof WORDS;

export function inEnglish(): boolean {
  return document.documentElement.lang.toLowerCase().startsWith("en");
}

export function say(word: Word): string {
  return WORDS[word][inEnglish() ? 1 : 0];
}
