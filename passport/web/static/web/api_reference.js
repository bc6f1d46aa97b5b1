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
