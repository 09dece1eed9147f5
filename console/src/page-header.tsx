import { Anchor, Breadcrumbs, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

interface PageHeaderProps {
  /** The pages above this one, the outermost first. */
  readonly above: readonly { readonly label: string; readonly href: string }[];
  /** This page at the end of that way; ids are set in a fixed width. */
  readonly here: string;
  readonly isId?: boolean;
  readonly title: string;
  /** What stands beside the title. */
  readonly aside?: ReactNode;
  /** What stands below it. */
  readonly children?: ReactNode;
}

/** Where a page is, what it is called, and what matters of it at a glance. */
export function PageHeader({ above, here, isId = false, title, aside, children }: PageHeaderProps) {
  return (
    <div>
      <Breadcrumbs fz="sm" mb={4}>
        {above.map(({ label, href }) => (
          <Anchor key={href} component={Link} href={href} size="sm" className="break">
            {label}
          </Anchor>
        ))}
        <Text size="sm" c="dimmed" className="break" {...(isId ? { ff: "monospace" } : {})}>
          {here}
        </Text>
      </Breadcrumbs>
      <Group justify="space-between" align="flex-start">
        <Title order={1} className="break">
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </div>
  );
}
