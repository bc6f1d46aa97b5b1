// Shows the OpenAPI document of this service with Swagger UI, which the page has loaded before this module runs.
// Of its parts only the list of requests and the schemas are shown: its own layout would be a second main part with a
// second title on our page.
const listAlone = ({ React }) => ({
  components: {
    ListAlone: ({ getComponent, specSelectors }) => {
      if (specSelectors.loadingStatus() !== "success") return null;
      const parts = ["operations", "Models"].map((name) => React.createElement(getComponent(name, true), { key: name }));
      return React.createElement("div", { className: "swagger-ui" }, parts);
    },
  },
});

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api-reference",
  plugins: [listAlone],
  layout: "ListAlone",
  deepLinking: false,
  validatorUrl: null,
  docExpansion: "none",
  supportedSubmitMethods: [],
  syntaxHighlight: false,
});

// What Swagger UI leaves out for people who use a keyboard or a screen reader: an example that is wider than the screen
// can be scrolled with the keys, a table of answers is a table and not one of many parts of the same name, and a list
// says what it chooses.
const reference = document.getElementById("api-reference");
const mend = () => {
  for (const example of reference.querySelectorAll("pre:not([tabindex])")) example.tabIndex = 0;
  for (const answers of reference.querySelectorAll("table[role=region]")) answers.removeAttribute("role");
  for (const list of reference.querySelectorAll("select:not([aria-label])")) list.setAttribute("aria-label", "Media type");
};
new MutationObserver(mend).observe(reference, { childList: true, subtree: true });
