// The manager's page: the camera or a picture fills in the form, and the service checks. A passport that was looked at
// on `/v` just before comes along by itself.

import { offerCamera } from "./camera.js";

const HANDED_OVER = "passport-to-decide";
const form = document.getElementById("check");
const words = JSON.parse(document.getElementById("words").textContent);
const handedOver = sessionStorage.getItem(HANDED_OVER);

if (handedOver) {
  sessionStorage.removeItem(HANDED_OVER);
  form.elements.passport.value = handedOver;
}
offerCamera(words, (text) => {
  form.elements.passport.value = text;
  form.requestSubmit();
});
