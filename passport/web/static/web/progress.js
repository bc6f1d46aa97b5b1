// Looks every second where a batch stands, and says it aloud at each tenth. Without it the page loads itself again.
const EVERY = 1000;
const bar = document.getElementById("progress-bar");
const news = document.getElementById("progress-news");
let told = Math.floor((10 * bar.value) / bar.max);

async function look() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("progress-bar");
  if (!fresh) {
    location.reload();
    return;
  }
  bar.value = fresh.value;
  document.querySelector("#progress-text label").textContent = page.getElementById("progress-text").textContent;
  const tenth = Math.floor((10 * fresh.value) / fresh.max);
  if (tenth > told) news.textContent = page.getElementById("progress-text").textContent;
  told = tenth;
}

function lookAgain() {
  look()
    .catch(() => {}) // the network is away: the next look may find it
    .finally(() => setTimeout(lookAgain, EVERY));
}

setTimeout(lookAgain, EVERY);
