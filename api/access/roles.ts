// What a route asks of who asks: each role may do what the ones before it may.

import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'

export const roles = ['read', 'write', 'admin'] as const
export type Role = (typeof roles)[number]

/** `public`: asked by probes, or the same for everybody who has this software. */
export type RequiredRole = 'public' | Role

/**
 * Part of a route's definition, where its method does not tell its role. The document at /openapi.json shows it.
 *
 *     createRoute({ method: 'post', path: '/rules/preview', ...needs('read'), ... })
 */
export function needs(role: RequiredRole) {
  return { 'x-required-role': role } as const
}

/** Whoever may `role` may also what `required` asks for. */
export function isEnough(role: Role, required: RequiredRole): boolean {
  return required === 'public' || roles.indexOf(role) >= roles.indexOf(required)
}

/**
 * Answers the role that a request needs: what its route declares, else read for GET and write for everything else. So a route that declares
 * nothing is guarded as well. What no route takes needs read, so that nobody learns from outside which paths there are.
 */
export function createRequiredRoles(app: OpenAPIHono): (c: Context) => RequiredRole {
  let declared: ReadonlyMap<string, RequiredRole> | undefined
  return (c) => {
    // Not before the first request: the routes are added after the guard.
    declared ??= declaredRoles(app)
    const handlers = matchedRoutes(c).filter(({ method }) => method !== 'ALL')
    for (const { method, path } of handlers) {
      const role = declared.get(`${method} ${path}`)
      if (role !== undefined) return role
    }
    const [first] = handlers
    return first === undefined ? 'read' : roleOfMethod(first.method)
  }
}

/** By method and path, as the router has them. */
export function declaredRoles(app: OpenAPIHono): Map<string, RequiredRole> {
  const declared = new Map<string, RequiredRole>()
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const { method, path } = definition.route
    const role: RequiredRole = definition.route['x-required-role'] ?? roleOfMethod(method)
    declared.set(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, role)
  }
  return declared
}

function roleOfMethod(method: string): Role {
  return /^(?:get|head)$/i.test(method) ? 'read' : 'write'
}
