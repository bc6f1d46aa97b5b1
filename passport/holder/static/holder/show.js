// Puts a new code in place of the old one a minute before that lapses, and when the page comes back into view.
// After half an hour it stops by itself, so that a phone left on a table does not stay signed in for ever.
const EARLY = 60_000;
const AGAIN = 5_000;
const MOST_RENEWALS = 3;

const news = document.getElementById("code-news");
let renewals = 0;
let timer;

function lapsesAt() {
  return Date.parse(document.getElementById("code").dataset.lapsesAt);
}

async function renew() {
  const answer = await fetch(location.href, { cache: "no-store", redirect: "error" });
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("code");
  document.getElementById("code").replaceWith(document.adoptNode(fresh));
  renewals += 1;
  news.textContent = "";
}

function hide() {
  const picture = document.querySelector("#code .app-show__card");
  picture?.remove();
  news.textContent = "This code has lapsed. Make a new code to show your passport.";
}

async function look() {
  clearTimeout(timer);
  const left = lapsesAt() - Date.now();
  if (left <= EARLY && renewals < MOST_RENEWALS && document.visibilityState === "visible") {
    try {
      await renew();
    } catch {
      news.textContent = "We could not make a new code. Check your connection.";
    }
  }
  if (lapsesAt() <= Date.now()) {
    hide();
  }
  plan();
}

function plan() {
  const wait = renewals < MOST_RENEWALS ? lapsesAt() - Date.now() - EARLY : lapsesAt() - Date.now();
  timer = setTimeout(look, Math.max(wait, AGAIN));
}

document.addEventListener("visibilitychange", look);
plan();
