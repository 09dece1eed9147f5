import { Alert, Button, List, Skeleton, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "./http.ts";

/** Keeps the place of rows that are on their way. */
export function Loading({ rows = 3 }: { readonly rows?: number }) {
  return (
    <div className="panel panel-pad" role="status" aria-label="Loading">
      <Stack gap="sm">
        {Array.from({ length: rows }, (_, row) => `row ${row}`).map((key) => (
          <Skeleton key={key} height={22} />
        ))}
      </Stack>
    </div>
  );
}

interface FailureProps {
  readonly title: string;
  readonly error: Error;
  readonly onRetry?: () => void;
}

/** What went wrong, in the service's words. */
export function Failure({ title, error, onRetry }: FailureProps) {
  const answered = error instanceof ApiError;
  const problems = answered ? error.problems : [];
  return (
    <Alert color="red" variant="outline" bg="var(--card)" title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        {problems.length > 1 ? (
          <List size="sm">
            {problems.map((problem) => (
              <List.Item key={problem}>{problem}</List.Item>
            ))}
          </List>
        ) : (
          <Text size="sm" className="break">
            {answered
              ? error.message
              : "The platform did not answer. Is it running? `npx bedplate status` tells."}
          </Text>
        )}
        {answered && (
          <Text size="xs" c="dimmed">
            {error.code}
          </Text>
        )}
        {onRetry !== undefined && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Nothing is here yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="panel panel-pad">
      <Stack gap="xs" align="center" py="xl" ta="center">
        <Title order={2}>{title}</Title>
        <Text size="sm" c="dimmed" maw="34rem" component="div">
          {children}
        </Text>
      </Stack>
    </div>
  );
}
