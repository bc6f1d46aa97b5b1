// Shows the OpenAPI document of this service with Swagger UI, which the page has loaded before this module runs.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api-reference",
  deepLinking: false,
  validatorUrl: null,
  docExpansion: "none",
  supportedSubmitMethods: [],
});
