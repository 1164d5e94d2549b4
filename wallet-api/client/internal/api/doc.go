// Package api is the wallet service's REST API as Go types and requests, generated from its OpenAPI document. Package
// client is what to use.
package api

//go:generate go tool -modfile=../../../rest/oapi-codegen.mod oapi-codegen -config oapi-codegen.yaml ../../../rest/openapi.yaml
