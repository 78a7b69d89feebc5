package cn.example.shop;

import android.app.ListActivity;
import android.database.Cursor;
import android.os.Bundle;
import android.provider.ContactsContract;
import android.widget.ArrayAdapter;

import java.util.ArrayList;
import java.util.List;

/** Reads the whole address book, where a contact picker would do. */
public final class InviteActivity extends ListActivity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        List<String> people = new ArrayList<>();
        Cursor cursor = getContentResolver().query(
                ContactsContract.CommonDataKinds.Phone.CONTENT_URI,
                new String[] {
                        ContactsContract.CommonDataKinds.Phone.DISPLAY_NAME,
                        ContactsContract.CommonDataKinds.Phone.NUMBER,
                }, null, null, null);
        if (cursor != null) {
            while (cursor.moveToNext()) {
                people.add(cursor.getString(0) + " " + cursor.getString(1));
            }
            cursor.close();
        }
        setListAdapter(new ArrayAdapter<>(this, android.R.layout.simple_list_item_1, people));
    }
}
