//! HTTP: routes, JSON, roles, problems, OpenAPI. Knows no disk and no record layout.
