//go:build tools

// Package tools imports the command that is built, so that "go mod tidy" keeps it in go.mod.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
