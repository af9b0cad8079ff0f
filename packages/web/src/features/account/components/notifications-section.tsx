import { useState } from "react";
import { Button } from "../../../components/ui/button.tsx";
import { Section } from "./section.tsx";

const WORDS: Record<NotificationPermission, string> = {
  granted: "Leo tells you when a run ends while its tab is in the background.",
  denied: "This browser blocks notifications from Leo. Its site settings can allow them again.",
  default: "Leo can tell you when a run ends while its tab is in the background.",
};

export const NotificationsSection = () => {
  const [permission, setPermission] = useState(() =>
    "Notification" in window ? Notification.permission : "denied",
  );
  const ask = async () => setPermission(await Notification.requestPermission());
  return (
    <Section title="Notifications">
      <p className="text-[13px] text-muted">{WORDS[permission]}</p>
      {permission === "default" && (
        <Button size="small" className="mt-3" onClick={() => void ask()}>
          Allow notifications
        </Button>
      )}
    </Section>
  );
};
