// Starts the parts of nhsuk-frontend that scripts make better. Every page works without it.
import { initAll } from "./vendor/nhsuk_frontend/nhsuk-frontend.min.js";

initAll();
