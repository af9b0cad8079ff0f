import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { TextField } from "../../../components/ui/text-field.tsx";
import { useSettled } from "../../../lib/use-settled.ts";
import { usersQuery } from "../api.ts";
import { Block, Items } from "./block.tsx";
import { UserRow } from "./user-row.tsx";

export const Users = () => {
  const [search, setSearch] = useState("");
  const query = useQuery(usersQuery(useSettled(search.trim(), 300)));
  return (
    <Block title="Users">
      <TextField
        label="Email address or ID"
        type="search"
        value={search}
        maxLength={200}
        onChange={(event) => setSearch(event.target.value)}
      />
      <div className="mt-3">
        <Items
          query={query}
          itemsOf={({ users }) => users}
          none="No users found"
          render={(user) => <UserRow key={user.id} user={user} />}
        />
      </div>
    </Block>
  );
};
