// Scans with the camera: shows what it sees until a QR code is in it, and then lets go of the camera at once.

import { pixels, textIn } from "./reader.js";

const ASKED = { video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } }, audio: false };
const PAUSE = 120; // milliseconds between two looks
const SAYS = {
  NotAllowedError: "The camera may not be used. Allow it in your browser, or paste or upload the code.",
  NotFoundError: "There is no camera. Paste or upload the code.",
};
const part = (id) => document.getElementById(id);

// Make the button that scans work. `found` is called with the text.
export function offerCamera(words, found) {
  if (!navigator.mediaDevices?.getUserMedia) return;
  let stream = null;

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    part("view").srcObject = null;
    part("scanning").hidden = true;
    part("scan").hidden = false;
  };

  const start = async () => {
    part("camera-says").textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia(ASKED);
    } catch (failure) {
      part("camera-says").textContent = SAYS[failure.name] ?? "The camera does not work. Paste or upload the code.";
      return;
    }
    part("scan").hidden = true;
    part("scanning").hidden = false;
    part("view").srcObject = stream;
    await part("view").play();
    part("camera-says").textContent = "Hold the QR code in front of the camera.";
    const text = await look(part("view"), words, () => stream !== null);
    if (text === null) return;
    stop();
    part("camera-says").textContent = "";
    navigator.vibrate?.(80);
    found(text);
  };

  part("camera").hidden = false;
  part("scan").addEventListener("click", start);
  part("stop").addEventListener("click", () => {
    stop();
    part("camera-says").textContent = "";
    part("scan").focus();
  });
  addEventListener("pagehide", stop);
}

// Look again and again until there is a code, or nobody goes on.
async function look(video, words, goesOn) {
  while (goesOn()) {
    if (video.videoWidth) {
      const text = await textIn(pixels(video, video.videoWidth, video.videoHeight), words);
      if (text && goesOn()) return text;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return null;
}
