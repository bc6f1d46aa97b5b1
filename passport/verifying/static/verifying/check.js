// The page `/v`: takes a passport from the address, the camera, a text or a picture, checks it here, and shows what was
// found. Nothing of it is sent anywhere or kept. What stands behind `#` is read and taken out of the address at once, so
// that it is neither in the history nor in a bookmark.

import { offerCamera } from "./camera.js";
import { keepStatusLists, loadLists } from "./lists.js";
import { textInFile } from "./reader.js";
import { Refused } from "./refusals.js";
import { show } from "./result.js";
import { check, refusal } from "./verify.js";
import { moment } from "./wording.js";

const HANDED_OVER = "passport-to-decide"; // start.js takes it from there
const part = (id) => document.getElementById(id);
const words = JSON.parse(part("words").textContent);
let checkedText = null;

async function take(text) {
  const now = Date.now();
  checkedText = text;
  show(part("result"), await verdictOf(text, now), words, now);
  tellAge();
}

async function verdictOf(text, now) {
  try {
    return await check(text, await loadLists(now, words.addresses), now);
  } catch (failure) {
    if (failure instanceof Refused) return refusal(failure.code, now);
    throw failure;
  }
}

function takeFragment() {
  const { hash, origin, pathname } = location;
  if (hash.length < 2 || !/^#[0-9]+$/.test(hash)) return;
  history.replaceState(null, "", pathname);
  take(`${origin}${pathname}${hash}`);
}

async function takeForm(event) {
  event.preventDefault();
  const form = event.target;
  const [file] = form.querySelector("input[type=file]").files;
  const text = file ? await textOf(file) : form.elements.passport.value.trim();
  say(text === "" ? "Paste the passport code, or choose a picture of it." : "");
  if (text) await take(text);
}

async function textOf(file) {
  try {
    const text = await textInFile(file, words);
    if (text) return text;
    say("We could not find a QR code in the picture. Take it again, closer and in good light.");
  } catch {
    say("The file must be a picture: PNG, JPEG, WebP or GIF.");
  }
  return null;
}

function say(sentence) {
  if (sentence || part("problem")) problem().textContent = sentence;
}

function problem() {
  if (part("problem")) return part("problem");
  const made = Object.assign(document.createElement("p"), { id: "problem", className: "nhsuk-error-message" });
  made.setAttribute("role", "alert");
  part("check").prepend(made);
  return made;
}

// How old the lists are that passports are checked with here; also fetches them, so that they are kept.
async function tellAge() {
  const place = part("age");
  try {
    const lists = await loadLists(Date.now(), words.addresses);
    const oldest = await keepStatusLists(lists);
    const withdrawal = oldest === null ? "None at hand" : moment(oldest);
    const network = navigator.onLine ? "" : "You are offline. ";
    place.textContent = `${network}Register of ${moment(lists.trust.issuedAt)}. Oldest withdrawal list: ${withdrawal}.`;
  } catch (failure) {
    if (!(failure instanceof Refused)) throw failure;
    place.textContent = "We have no fresh lists. Connect to the internet to check passports.";
  }
  place.hidden = false;
}

async function keepForOffline() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(words.worker, { scope: words.scope }).catch(() => null);
}

takeFragment();
addEventListener("hashchange", takeFragment);
part("check").addEventListener("submit", takeForm);
part("decide").addEventListener("click", () => {
  if (checkedText) sessionStorage.setItem(HANDED_OVER, checkedText);
});
offerCamera(words, take);
navigator.serviceWorker?.addEventListener("controllerchange", tellAge); // now what is fetched is kept
keepForOffline();
tellAge();
