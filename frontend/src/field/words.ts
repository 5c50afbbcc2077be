/** The words of the field app, Chinese first; what the server says comes in both languages already. */
import type { Both } from "./types";

const WORDS = {
  today: ["今日", "Today"], map: ["地图", "Map"], unsent: ["待发", "Unsent"], mine: ["我的", "Mine"],
  title: ["现场检查", "Site visits"], find: ["查单位、地址", "Find a name or address"], none: ["没有符合的单位", "No such site"],
  noSites: ["您的管辖范围内还没有单位", "There is no site in your area yet"], neverVisited: ["还没有检查过", "Never visited"], lastVisit: ["上次检查", "Last visit"],
  findings: ["项问题", "found wrong"], openDangers: ["项隐患未销号", "not closed"],
  underway: ["检查中", "Under way"], begin: ["开始检查", "Begin the visit"], resume: ["继续检查", "Go on with the visit"],
  people: ["责任人", "Duty holders"], noPhone: ["没有电话", "no telephone"], lastFindings: ["上次发现的问题", "Found last time"],
  openTitle: ["未销号隐患", "Open dangers"], until: ["期限", "due"], purpose: ["检查类型", "Purpose"],
  ok: ["符合", "In order"], finding: ["有问题", "Finding"], na: ["不涉及", "Not here"], allOk: ["没有发现问题", "Nothing wrong"],
  restOk: ["其余都符合", "Rest in order"], answered: ["已查", "done"], of: ["共", "of"], proof: ["拍一张现场照片", "Take one photo of the site"],
  photo: ["拍照", "Photo"], photos: ["张照片", "photos"], onePhoto: ["1 张照片", "1 photo"], updating: ["正在更新清单", "Updating the lists"], deadline: ["整改期限", "To be rectified by"], note: ["补充说明（可不填）", "Note (optional)"],
  toSign: ["去签名", "Sign"], signTitle: ["签名", "Signatures"], inspector: ["检查人员签名", "Inspector signs"], enterprise: ["被检查单位签名", "The enterprise signs"],
  signHere: ["用手指在这里签名", "Sign here with a finger"], refusedToSign: ["对方拒绝签名", "They refuse to sign"], refusedNoted: ["已注明：对方拒绝签名", "Noted: they refuse to sign"],
  finish: ["完成检查", "Finish the visit"], papers: ["将生成的文书", "Papers that will be made"],
  back: ["返回", "Back"], drop: ["放弃这次检查", "Give this visit up"], dropSure: ["放弃后，这次检查的记录和照片从手机中删除。确定放弃吗？", "Its records and photos are deleted from this phone. Give it up?"],
  yes: ["确定", "Yes"], no: ["取消", "Cancel"], saved: ["已保存在手机里", "Kept on this phone"], notSaved: ["尚未保存", "Not kept yet"], offline: ["没有网络，照常使用，联网后自动发送", "No network: go on as usual, it is sent later"],
  sending: ["正在发送", "Sending"], signin: ["登录已过期，待发内容都在手机里。重新登录后自动发送", "Signed out; what waits is kept here. Sign in again and it is sent"], signinDo: ["登录", "Sign in"],
  other: ["登录的是另一个人。这些内容属于 {name}，由本人登录后发送", "Somebody else is signed in. This belongs to {name}, who must sign in to send it"], failed: ["服务器暂时不能接收，稍后自动重试", "The server cannot take it now; it is tried again"],
  full: ["手机空间已满，这张照片没有保存；文字都已保存。删除不用的文件后再拍", "The phone is full: this photo was not kept; all text is. Free some space, then take it again"],
  fullText: ["手机空间已满，刚才这一步没有保存。删除不用的文件后再点一次", "The phone is full: this last step was not kept. Free some space and tap again"],
  unsentNone: ["全部已发送", "Everything is sent"], unsentVisits: ["次检查待发", "visits waiting"], unsentPhotos: ["张照片待发", "photos waiting"], unsentDrafts: ["次检查进行中", "visits under way"],
  sendNow: ["现在发送", "Send now"], refusedTitle: ["未被接收", "Not taken"], refusedHelp: ["内容仍在手机里。可保存副本交给管理员", "It is still on this phone. Save a copy for the administrator"], saveCopy: ["保存副本", "Save a copy"], tryAgain: ["再发一次", "Send again"],
  sentTitle: ["已发送", "Sent"], knownBefore: ["此前已上报，没有重复登记", "reported before, not entered twice"], paperwork: ["文书负担", "Paperwork"],
  onSite: ["现场", "on site"], writing: ["填写", "writing"], minutes: ["分钟", "min"], keys: ["次按键", "keys"], signatures: ["次签名", "signatures"], documents: ["份文书", "papers"],
  moved: ["您现在的岗位不做现场检查；任职期间做的检查照常发送", "Your present post makes no site visits; those made while you held one are still sent"],
  barred: ["不能发送：{why} 内容都在手机里，可在“待发”中保存副本交给管理员", "Cannot send: {why} All is kept here: save a copy under Unsent for the administrator"],
  signedAlready: ["已经签名。再改动内容，双方须重新签名", "Signed already. If you change anything, both sign again"], signAgain: ["签名之后内容有改动，须重新签名", "The content was changed after signing: sign again"],
  redo: ["重签", "Sign anew"], refusedSure: ["文书上将写明被检查单位拒绝签名。确定吗？", "The record will say that the enterprise refuses to sign. Is it so?"], takeBack: ["撤回，改为签名", "Take it back and sign"],
  signOutOffline: ["没有网络，没有退出。联网后再退出", "No network: you are still signed in. Sign out once it is back"], signOutWaits: ["这台手机还有内容没有发送，没有退出", "Something on this phone is not sent yet: you are still signed in"],
  signOutFailed: ["服务器没有接受退出（{n}），仍在登录中。稍后再退出", "The server did not take it ({n}): you are still signed in. Try again later"],
  othersKeep: ["没有退出：{name} 还有 {n} 项待发，由本人登录发送后才能退出", "Still signed in: {n} items of {name} wait; sign out once that person has sent them"], signInOther: ["换本人登录", "Let them sign in"],
  refusedStatus: ["服务器没有接收（{n}）", "The server would not take it ({n})"], dropSpoilt: ["照片拍坏了", "The photo is spoilt"], dropDouble: ["已另拍一张", "Another was taken"], dropAstray: ["与检查无关", "Not of this visit"],
  dropOffline: ["没有删除：联网后再删，检查记录里会写明", "Not deleted: do it with a network, so that the visit says so"],
  signOut: ["退出登录", "Sign out"], signOutRefused: ["还有 {n} 项没有发送，发送后才能退出", "{n} items wait; sign out once they are sent"], clock: ["手机时钟", "This phone's clock"], clockGood: ["准确", "right"],
  clockOff: ["与服务器相差 {n} 分钟，记录时会注明并更正", "{n} minutes off; noted and put right in the records"], storage: ["已用空间", "Storage used"], language: ["语言", "Language"], theme: ["外观", "Appearance"], light: ["浅色", "Light"], dark: ["深色", "Dark"], auto: ["自动", "Auto"],
  othersWait: ["{name} 还有 {n} 项待发，由本人登录后发送", "{n} items of {name} wait; they are sent when that person signs in"], welcome: ["登录后下载清单，之后没有网络也能检查", "Sign in once to fetch the lists; then it works with no network"],
  office: ["办公页面", "Office pages"], notInspector: ["现场检查由网格员和监管干部使用", "The field app is for grid inspectors and officers"], prohibited: ["禁止事项", "Prohibited"], mayBeMajor: ["可能是重大隐患，由监管部门定级", "May be a major danger; the regulator grades it"],
  unsure: ["条文未与原文核对", "clause not yet compared with the text"], already: ["已有未销号隐患", "already open"], noPlace: ["没有取得位置，照常记录", "No position; it is recorded without"], navigate: ["导航", "Directions"],
  listed: ["、", ", "], told: ["：", ": "], opened: ["（", " ("], shut: ["）", ")"], then: ["，", ", "],
  fixNow: ["当场改好了，拍整改后照片", "Put right now: photo after"], fixedNow: ["已当场整改，由监管部门复查销号", "Put right on the spot; the regulator re-inspects and closes it"], fixed: ["项当场整改", "put right on the spot"],
  beforeFirst: ["先拍问题照片，再拍整改后照片", "Take the photo of the problem first, then the one after"], guards: ["防范", "guards against"],
  leftOut: ["手机里是最急的 {n} 家。另有 {due} 家已到期但风险较低，{later} 家还没到期，见办公页面的巡查计划", "The {n} most urgent sites are on this phone. {due} more are due but of less risk, {later} not due yet: see the patrol plan in the office pages"],
  more: ["再显示 {n} 家", "Show {n} more"],
  photoRefused: ["一张照片未被接收", "A photo was not taken"], dropPhoto: ["从手机中删除", "Delete from this phone"], dropPhotoSure: ["删除后这张照片不再发送，检查记录里会写明原因。为什么删除？", "It is then never sent, and the visit says why. Why delete it?"],
  needAnswers: ["还有 {n} 项没有查", "{n} items are not answered"], needProof: ["没有问题时，拍一张现场照片作证明", "With nothing wrong, one photo is the proof"], done: ["检查已完成", "The visit is done"], updated: ["更新于", "Updated"], installed: ["应用可以添加到桌面，像普通应用一样打开", "Add it to the home screen to open it like any app"], fetching: ["正在下载清单", "Fetching the lists"],
} as const;

export type Word = keyof typeof WORDS;
let english = false;

export function setEnglish(chosen: boolean): void {
  english = chosen;
  document.documentElement.lang = chosen ? "en" : "zh-Hans";
}
export function inEnglish(): boolean { return english; }
export function say(word: Word, values: Record<string, string | number> = {}): string {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), WORDS[word][english ? 1 : 0] as string);
}
export function pick(both: Both): string { return english ? both.en : both.zh; }
