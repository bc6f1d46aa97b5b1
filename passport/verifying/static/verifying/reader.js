// Finds the QR code in a picture: by zxing (WebAssembly) and, where that can not run, by a reader in plain JavaScript.
// Both are files of this service; nothing is loaded from anywhere else, and no picture leaves the browser.

const OPTIONS = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 };
const LONG_SIDE = 2000;
let reading = null;

// Return the text of the QR code in an ImageData, or null.
export async function textIn(image, words) {
  reading ??= byZxing(words).catch(byPlainScript);
  return (await reading)(image);
}

// Return the text of the QR code in a file that somebody chose, or null. What is no picture fails.
export async function textInFile(file, words) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
  return textIn(pixels(picture, Math.round(picture.width * scale), Math.round(picture.height * scale)), words);
}

export function pixels(source, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

async function byZxing({ reader, wasm }) {
  await loaded(reader);
  const { prepareZXingModule, readBarcodes } = globalThis.ZXingWASM;
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return async (image) => (await readBarcodes(image, OPTIONS))[0]?.text ?? null;
}

async function byPlainScript() {
  const { default: decode } = await import("/static/web/vendor/qr/decode.js");
  return (image) => {
    try {
      return decode(image);
    } catch {
      return null; // no code in this picture
    }
  };
}

function loaded(address) {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}
