import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { TextField } from "../../../components/ui/text-field.tsx";
import { useSettled } from "../../../lib/use-settled.ts";
import { usersQuery } from "../api/admin.ts";
import { Block, Nothing } from "./block.tsx";
import { UserRow } from "./user-row.tsx";

export const Users = () => {
  const [search, setSearch] = useState("");
  const { data } = useQuery(usersQuery(useSettled(search.trim(), 300)));
  return (
    <Block title="Users">
      <TextField
        label="Email address or ID"
        type="search"
        value={search}
        maxLength={200}
        onChange={(event) => setSearch(event.target.value)}
      />
      {data?.users.length === 0 && <Nothing>No one</Nothing>}
      <ul className="mt-3">
        {data?.users.map((user) => (
          <UserRow key={user.id} user={user} />
        ))}
      </ul>
    </Block>
  );
};
